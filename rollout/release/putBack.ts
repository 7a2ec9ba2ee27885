import type { Hands, Values, WeightsOf } from "./hands";

/** What was written into the config. */
interface Written {
    readonly values: Values;
    readonly weights?: WeightsOf;
}

/**
 * Puts the config back as it was before something was written into it that was not applied. All of it or nothing: where somebody has
 * written other values since, such as those of an abort, those stay.
 *
 * @param old what is put back, as `write` gave it.
 */
export async function putBack(hands: Pick<Hands, "write">, old: Values, written: Written): Promise<void> {
    const expected = Object.keys(old).flatMap((path): [string, Values[string]][] => {
        const value = path in written.values ? written.values[path] : weightAt(path, written.weights);
        return path in written.values || value !== undefined ? [[path, value]] : [];
    });
    await hands.write(old, {}, Object.fromEntries(expected));
}

/** By a path of the config: `weights.review.v2`, or `weights.v2` where the project has one service. */
function weightAt(path: string, weights: WeightsOf = {}): number | undefined {
    const [key, ...rest] = path.split(".");
    const version = rest.at(-1) ?? "";
    const [only] = Object.values(weights);
    const own = rest.length > 1 ? weights[rest.slice(0, -1).join(".")] : only;
    return key === "weights" ? own?.[version] : undefined;
}
