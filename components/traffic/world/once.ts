/** A function that is asked once for each object, whoever asks again; the object must not change after that. */
export function once<From extends object, To>(make: (from: From) => To): (from: From) => To {
    const made = new WeakMap<From, { readonly value: To }>();
    return (from) => {
        const known = made.get(from) ?? { value: make(from) };
        made.set(from, known);
        return known.value;
    };
}

/** The same for each pair of two objects. */
export function onceForBoth<One extends object, Other extends object, To>(
    make: (one: One, other: Other) => To,
): (one: One, other: Other) => To {
    const made = once((one: One) => once((other: Other) => make(one, other)));
    return (one, other) => made(one)(other);
}
