import { defaultMaxRaise, type StepLimits } from "../traffic/judge/limits";
import { annotations, type Marks } from "../traffic/world/marks";
import { protocols } from "../traffic/world/virtualServices";
import { conditionsOf, isOpen, quoted, routeOf, rulesOf, setsCookies, takesAll } from "./celRules";

/** The stable version of every service that is guarded, and how far a step may go where what is applied does not say it. */
export type RuleLimits = Pick<StepLimits, "maxRaise" | "maxRaiseTogether"> & {
    readonly stable: Readonly<Record<string, string>>;
};

/** What the rules are written with: what each side has, and what it is measured by. */
export function variables({
    maxRaise = defaultMaxRaise,
    maxRaiseTogether,
    stable,
}: RuleLimits): { name: string; expression: string }[] {
    const number = (name: keyof Marks, otherwise: string): string =>
        `(${mark("oldObject", name)}.matches('^[0-9]+([.][0-9]+)?$') ? double(${mark("oldObject", name)}) : ${otherwise})`;
    const given = (maxRaiseTogether ?? maxRaise).toFixed(1);
    const parts = protocols.flatMap((list) =>
        (["old", "new"] as const).flatMap((when) => {
            const object = when === "old" ? "oldObject" : "object";
            const all = `variables.${when}All_${list}`;
            const rules = rulesOf(object, list);
            // istiod and Envoy try rules from first to last: those below one for everybody never serve.
            const alive = `(${all}.size() == 0 ? ${rules} : ${rules}.filter(r, ${rules}.indexOf(r) <= ${rules}.indexOf(${all}[0])))`;
            return [
                [`${when}All_${list}`, `${rules}.filter(r, ${takesAll("r")})`],
                [`${when}Alive_${list}`, alive],
                [
                    `${when === "old" ? "before" : "after"}_${list}`,
                    `variables.${when}Alive_${list}.filter(r, ${isOpen("r", "variables.givesCookies")})`,
                ],
            ];
        }),
    );
    const order = protocols.map((list) => {
        const [before, after] = [`variables.before_${list}`, `variables.after_${list}`];
        const common = (own: string, other: string): string =>
            `${own}.filter(r, ${other}.exists(x, ${conditionsOf("x")} == ${conditionsOf("r")})).map(r, ${conditionsOf("r")})`;
        return [`sameOrder_${list}`, `${common(before, after)} == ${common(after, before)}`];
    });
    const entries = [
        [
            "service",
            `(${mark("oldObject", "service")} != '' ? ${mark("oldObject", "service")} : ${serviceOf("oldObject")})`,
        ],
        [
            "stable",
            `(${mark("oldObject", "stable")} != '' ? ${mark("oldObject", "stable")} : ${celMap(stable)}[${serviceOf("oldObject")}])`,
        ],
        ["next", mark("object", "stable")],
        ["limit", number("maxRaise", maxRaise.toFixed(1))],
        [
            "together",
            number("maxRaiseTogether", `(${mark("oldObject", "maxRaise")} == '' ? ${given} : variables.limit)`),
        ],
        ["maxRaise", "(variables.limit < variables.together ? variables.limit : variables.together)"],
        ["givesCookies", `(${setsCookies(rulesOf("oldObject", "http"))} || ${setsCookies(rulesOf("object", "http"))})`],
        ...parts,
        ...order,
        ["oldUsers", protocols.map((list) => `variables.before_${list}`).join(" + ")],
        // Rules for testers alone may lead anywhere by any name: they say what is stable only where no others lead anywhere.
        [
            "leading",
            `(variables.oldUsers.exists(r, ${routeOf("r")}.size() > 0) ? variables.oldUsers : ${protocols.map((list) => rulesOf("oldObject", list)).join(" + ")})`,
        ],
        ["tested", `variables.oldAlive_http.filter(r, !${isOpen("r", "variables.givesCookies")})`],
        ["declared", mark("oldObject", "blueGreen")],
        ["glass", mark("object", "breakGlass")],
        // Only the request that sets or changes it is let through: a broken glass does not stay open.
        ["broken", `variables.glass != '' && variables.glass != ${mark("oldObject", "breakGlass")}`],
    ];
    return entries.map(([name = "", expression = ""]) => ({ name, expression }));
}

/** How config calls the service of routes: by the first name of their first host. A delegate has none. */
export function serviceOf(object: string): string {
    return `(has(${object}.spec.hosts) && ${object}.spec.hosts.size() > 0 ? ${object}.spec.hosts[0].split('.')[0] : '')`;
}

/** A mark on an object; empty where it has none. */
export function mark(object: string, name: keyof Marks): string {
    const all = `${object}.metadata.annotations`;
    return `(has(${all}) && '${annotations[name]}' in ${all} ? ${all}['${annotations[name]}'] : '')`;
}

/** A map as CEL writes it. */
export function celMap(entries: Readonly<Record<string, string>>): string {
    return `{${Object.entries(entries)
        .map(([key, value]) => `'${quoted(key)}': '${quoted(value)}'`)
        .join(", ")}}`;
}
