/** Weights as config paths: `weights.review.v2`. */
export function weightsConfig<Value extends number | undefined>(
    service: string,
    weights: Readonly<Record<string, Value>>,
): Record<string, Value> {
    return Object.fromEntries(
        Object.entries(weights).map(([version, weight]) => [`weights.${service}.${version}`, weight]),
    );
}
