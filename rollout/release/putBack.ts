import { weightsConfig } from "../weightsConfig";
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
export async function putBack(
    hands: Pick<Hands, "write">,
    old: Values,
    { values, weights = {} }: Written,
): Promise<void> {
    // Wherever the config has them: of a project with one service perhaps without its name.
    const places = Object.entries(weights).flatMap(([service, own]) => [
        weightsConfig(service, own, "weights"),
        weightsConfig(service, own),
    ]);
    const all = Object.assign({}, ...places, values) as Values;
    const expected = Object.keys(old).flatMap((path) => (path in all ? [[path, all[path]] as const] : []));
    await hands.write(old, {}, Object.fromEntries(expected));
}
