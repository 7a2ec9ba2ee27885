import type { ServiceObject } from "../../components/traffic/world/world";
import { UserError } from "../../components/userError";
import { ask, canAsk } from "../ask";

/**
 * Has one of some Services picked, by its number or its name.
 *
 * @throws when nobody can be asked, or there is none.
 */
export async function pickService(services: readonly ServiceObject[]): Promise<ServiceObject> {
    const names = services.map(({ namespace, name }) => `${namespace}/${name}`);
    if (names.length === 0)
        throw new UserError({
            what: "The cluster has no Service that has pods and no routes yet.",
            fix: "deploy one first, or name it: --service NAME -n NAMESPACE",
        });
    if (!canAsk())
        throw new UserError({
            what: `No Service is named, and nobody can be asked; there are ${names.join(", ")}.`,
            fix: `npx upshift init --service ${services[0]?.name} -n ${services[0]?.namespace}`,
        });
    names.forEach((name, index) => console.error(`  ${index + 1}  ${name}`));
    const answer = await ask(`Which Service is to be split? [1-${names.length}] `);
    const picked = services[/^\d+$/.test(answer) ? Number(answer) - 1 : names.indexOf(answer)];
    if (!picked) throw new UserError({ what: `${JSON.stringify(answer)} is none of them.`, fix: "npx upshift init" });
    return picked;
}
