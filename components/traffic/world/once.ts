/** A function that is asked once for each object, whoever asks again; the object must not change after that. */
export function once<From extends object, To>(make: (from: From) => To): (from: From) => To {
    const made = new WeakMap<From, { readonly value: To }>();
    return (from) => {
        const known = made.get(from) ?? { value: make(from) };
        made.set(from, known);
        return known.value;
    };
}
