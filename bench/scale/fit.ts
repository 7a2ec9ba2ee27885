/** How long something took with so many services. */
export interface Point {
    readonly services: number;
    readonly seconds: number;
}

/** Below so many services a command's start is most of what it takes. */
export const fittedFrom = 10;

/**
 * The exponent with which time grows: of the straight line that comes nearest, by least squares, to the logarithms of time over those
 * of the number of services. 1 is linear; less where a fixed part is large.
 *
 * @returns undefined with fewer than two sizes from `fittedFrom` on.
 */
export function exponentOf(points: readonly Point[]): number | undefined {
    const fitted = points
        .filter(({ services }) => services >= fittedFrom)
        .map(({ services, seconds }) => ({ x: Math.log(services), y: Math.log(seconds) }));
    if (new Set(fitted.map(({ x }) => x)).size < 2) return undefined;
    const mean = (of: "x" | "y"): number => fitted.reduce((sum, one) => sum + one[of], 0) / fitted.length;
    const [x, y] = [mean("x"), mean("y")];
    const above = fitted.reduce((sum, one) => sum + (one.x - x) * (one.y - y), 0);
    const below = fitted.reduce((sum, one) => sum + (one.x - x) ** 2, 0);
    return above / below;
}

/**
 * How long it will take with more services, if it goes on growing as it did between the last two sizes, and linearly at least.
 *
 * @returns undefined where nothing is known yet.
 */
export function expected(points: readonly Point[], services: number): number | undefined {
    const [before, last] = points.length > 1 ? points.slice(-2) : [undefined, points.at(-1)];
    if (!last) return undefined;
    const grown = before && Math.log(last.seconds / before.seconds) / Math.log(last.services / before.services);
    return last.seconds * (services / last.services) ** Math.max(1, grown ?? 1);
}
