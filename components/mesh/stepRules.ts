import { neededMs } from "../traffic/effect/changes";
import { protocols } from "../traffic/world/virtualServices";
import { areApart, conditionsOf, failing, hostOf, isCut, isSame, routeOf, shareOf, versionOf } from "./celRules";
import { celMap, mark, type RuleLimits, serviceOf, variables } from "./stepVariables";

/** A rule of a ValidatingAdmissionPolicy, in CEL. */
export interface Rule {
    expression: string;
    messageExpression: string;
}

/** What a ValidatingAdmissionPolicy says of the routes of some services. */
export interface StepRules {
    matchConditions: { name: string; expression: string }[];
    variables: { name: string; expression: string }[];
    /** What refuses. */
    refusals: Rule[];
    /** What only warns: it is met by whoever breaks the glass. */
    warnings: Rule[];
}

/**
 * `judge` in CEL, as far as the API server can see: one VirtualService, as it is and as it shall be. What requests meet is set by the
 * rule that takes them before and the rule that takes them after, so that pairs of rules are compared; a pair that can't be shown to
 * be empty counts. What it is measured by is what is applied: the marks of the old object, else the arguments. It sees neither pods nor
 * other objects, so a declared switch is judged by its header alone, and services are not added up.
 */
export function stepRules(limits: RuleLimits): StepRules {
    const refuse = (holds: string, why: string): Rule => ({
        expression: `variables.broken || (${holds})`,
        messageExpression: `variables.service + ': ' + ${why}`,
    });
    const pairs = (holds: (before: string, after: string) => string, alone: (after: string) => string): string =>
        protocols
            .map((list) => {
                const [before, after] = [`variables.before_${list}`, `variables.after_${list}`];
                const compared = `${after}.all(r, ${before}.all(b, !${isCounted("b", "r", list)} || ${holds("b", "r")}))`;
                return `(${before}.size() == 0 ? ${after}.all(r, ${alone("r")}) : ${compared})`;
            })
            .join(" && ");
    const raise = (before: string | undefined, after: string): string =>
        before ? `(${shareOf("d", after)} - ${shareOf("d", before)})` : shareOf("d", after);
    const raised = (before: string | undefined, after: string): string =>
        `${routeOf(after)}.filter(d, !${isStable("d")} && ${raise(before, after)} > 0.05)`;
    const within = (before: string | undefined, after: string): string =>
        `${raised(before, after)}.all(d, ${raise(before, after)} <= variables.maxRaise + 0.05 || ${isSwitch("d", after)})`;
    // Of a version that is listed twice the first counts for both.
    const summed = (before: string | undefined, after: string): string =>
        `([0.0] + ${raised(before, after)}.filter(d, !${isSwitch("d", after)}).map(d, ${raise(before, after)} / double(${routeOf(after)}.filter(o, ${isSame("o", "d")}).size()))).sum() <= variables.together + 0.05`;
    const answered = (before: string, after: string): string =>
        `((${isCut(after, neededMs)} && !(${isCut(before, neededMs)} && duration(${before}.timeout) <= duration(${after}.timeout)) ? 100.0 : ${failing(after)}) - ${failing(before)} <= variables.maxRaise + 0.05` +
        ` && (!has(${after}.delegate) || (has(${before}.delegate) && ${before}.delegate == ${after}.delegate)))`;
    const isServed = protocols
        .map(
            (list) =>
                `variables.before_${list}.exists(b, ${routeOf("b")}.exists(d, ${isStable("d")} && ${shareOf("d", "b")} > 0.0))`,
        )
        .join(" || ");
    const hasAll = (version: string): string =>
        protocols
            .map(
                (list) =>
                    `variables.before_${list}.all(b, ${routeOf("b")}.all(d, ${versionOf("d")} == ${version} || ${shareOf("d", "b")} == 0.0) && ${failing("b")} == 0.0)`,
            )
            .join(" && ");
    const unraised = pairs(
        (b, r) => `${raised(b, r)}.size() == 0`,
        (r) => `${raised(undefined, r)}.size() == 0`,
    );
    return {
        matchConditions: [
            {
                name: "of-a-guarded-service",
                expression: `${mark("oldObject", "stable")} != '' || ${serviceOf("oldObject")} in ${celMap(limits.stable)}`,
            },
        ],
        variables: variables(limits),
        refusals: [
            refuse(
                pairs(within, (r) => within(undefined, r)),
                "'a version is raised by more than ' + string(variables.maxRaise) + ' points; at most ' + string(variables.maxRaise) + ' a step, or a declared blue/green switch to 100 after a header test'",
            ),
            refuse(
                `variables.together >= 100.0 || (${pairs(summed, (r) => summed(undefined, r))})`,
                "'its versions are together raised by more than ' + string(variables.together) + ' points; at most ' + string(variables.together) + ' a step'",
            ),
            refuse(
                pairs(answered, () => "true"),
                "'requests would be answered by no version that are answered now'",
            ),
            refuse(
                protocols
                    .map(
                        (list) =>
                            `(variables.before_${list}.size() == 0 || variables.after_${list}.size() > 0) && (variables.oldAll_${list}.size() == 0 || variables.newAll_${list}.size() > 0)`,
                    )
                    .join(" && "),
                "'rules that users meet are removed, and who would serve them then is not to be seen here'",
            ),
            refuse(
                isReached,
                "'callers would lose its routes: hosts, gateways and exportTo may become more, and not less'",
            ),
            refuse(
                `${mark("oldObject", "stable")} == '' || (${isServed}) || (${unraised})`,
                "'stable is ' + variables.stable + ', which serves nobody, so that the way back would not lead to where users are'",
            ),
            refuse(
                `${mark("oldObject", "stable")} == '' || variables.next == '' || variables.next == variables.stable || ((${hasAll("variables.next")}) && (${unraised}))`,
                "'another version is made the stable one: that is a step of its own, and only to a version that has all users'",
            ),
        ],
        warnings: [
            {
                expression: "!variables.broken",
                messageExpression:
                    "variables.service + ': the glass is broken, no limit holds for this change: ' + variables.glass",
            },
        ],
    };
}

/** Whether requests may meet one rule before and another one after: not where each is there on both sides, in the same order. */
function isCounted(before: string, after: string, list: string): string {
    const isIn = (rule: string, rules: string): string =>
        `${rules}.exists(x, ${conditionsOf("x")} == ${conditionsOf(rule)})`;
    return (
        `(${conditionsOf(before)} == ${conditionsOf(after)} || (!${areApart(before, after)} && ` +
        `(!variables.sameOrder_${list} || !${isIn(before, `variables.after_${list}`)} || !${isIn(after, `variables.before_${list}`)})))`
    );
}

/** The stable version is what its name led users to before: a subset of that name of another Service is another version. */
function isStable(destination: string): string {
    const hosts = `variables.leading.exists(q, ${routeOf("q")}.exists(o, ${hostOf("o")} == ${hostOf(destination)}))`;
    return `(${versionOf(destination)} == variables.stable && ${hosts})`;
}

/** A switch that was declared before, all the way, to a version that testers could reach. */
function isSwitch(destination: string, rule: string): string {
    const tested = `variables.tested.exists(t, ${routeOf("t")}.exists(o, ${isSame("o", destination)} && ${shareOf("o", "t")} > 0.0))`;
    return `(${shareOf(destination, rule)} > 99.95 && ${versionOf(destination)} == variables.declared && ${tested})`;
}

/** Whether whoever has these routes keeps them. */
const isReached = (() => {
    const list = (object: string, field: string, otherwise: string): string =>
        `(has(${object}.spec.${field}) && ${object}.spec.${field}.size() > 0 ? ${object}.spec.${field} : ${otherwise})`;
    const kept = (field: string, otherwise: string): string =>
        `${list("oldObject", field, otherwise)}.all(one, one in ${list("object", field, otherwise)})`;
    const exported = `(${kept("exportTo", "['*']")} || '*' in ${list("object", "exportTo", "['*']")})`;
    return `${kept("hosts", "[]")} && ${kept("gateways", "['mesh']")} && ${exported}`;
})();
