/**
 * Weights as config paths: `weights.review.v2`.
 *
 * @param at where the config has them. Default: under the service's name.
 */
export function weightsConfig<Value extends number | undefined>(
    service: string,
    weights: Readonly<Record<string, Value>>,
    at = `weights.${service}`,
): Record<string, Value> {
    return Object.fromEntries(Object.entries(weights).map(([version, weight]) => [`${at}.${version}`, weight]));
}
