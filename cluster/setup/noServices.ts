import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDir } from "../paths";
import { readJson, writeWhole } from "../wholeFile.mjs";
import { identityOf } from "./identity.mjs";
import { run } from "./run";

/** Where set-up's traces lie; tests put others in their place. */
export interface Places {
    /** Debian's packages ask this program before they start a service; exit code 101 means no. */
    readonly policy: string;
    /** The services that were there before an installation, for as long as it isn't finished. */
    readonly before: string;
    /** The folder of systemd's services. */
    readonly units: string;
}

const usual = (): Places => ({
    policy: "/usr/sbin/policy-rc.d",
    before: cacheDir("services-before.json"),
    units: "/lib/systemd/system",
});

/** The second line of our policy, by which it is known. */
const mark = "# upshift set-up";

/** The services that the packages bring along. */
const services = ["containerd", "etcd", "prometheus"];

/**
 * Installs packages with no service started now or at the next boot. A policy of the machine's own stays, and holds.
 *
 * Whatever way this process ends, nothing stays in force: the policy refuses for as long as the process lives, and is
 * removed with it; what even that leaves (SIGKILL) `tidyUpServices` finds.
 */
export async function withoutServices(work: () => Promise<void>, places = usual()): Promise<void> {
    await tidyUpServices(places);
    const remove = (): void => removePolicy(places.policy);
    writeWhole(places.before, JSON.stringify({ services: present(places) }), { readableBy: "all" });
    if (!fs.existsSync(places.policy)) {
        process.once("exit", remove);
        writeProgram(places.policy, policy(process.pid));
    }
    try {
        await work();
    } finally {
        remove();
        process.removeListener("exit", remove);
        await disableAdded(places);
    }
}

/**
 * Removes what an interrupted set-up has left on the machine. Only for the holder of set-up's lock: another set-up may be
 * in the middle of it.
 *
 * @returns what it did, for people; empty when there was nothing
 */
export async function tidyUpServices(places = usual()): Promise<string[]> {
    const isLeft = isOurs(places.policy);
    removePolicy(places.policy);
    const disabled = await disableAdded(places);
    return [
        ...(isLeft
            ? [`An interrupted set-up had left ${places.policy}, which keeps services from starting: removed.`]
            : []),
        ...(disabled.length > 0
            ? [`Services that an interrupted set-up had brought: ${disabled.join(", ")}, disabled.`]
            : []),
    ];
}

function removePolicy(file: string): void {
    if (isOurs(file)) fs.rmSync(file, { force: true });
}

function isOurs(file: string): boolean {
    return fs.existsSync(file) && fs.readFileSync(file, "utf8").split("\n")[1]?.startsWith(mark) === true;
}

/** Services that came since the list was written don't start at the next boot either. @returns their names */
async function disableAdded(places: Places): Promise<string[]> {
    if (!fs.existsSync(places.before)) return [];
    // Where the list is torn, nothing is known of what was there before, and nothing is switched off.
    const before = readJson<{ services: string[] }>(places.before)?.services ?? services;
    const added = present(places).filter((name) => !before.includes(name));
    const disabled = fs.existsSync("/run/systemd/system") ? added : [];
    if (disabled.length > 0) await run("systemctl", ["disable", ...disabled]);
    fs.rmSync(places.before);
    return disabled;
}

function present({ units }: Places): string[] {
    return services.filter((name) => fs.existsSync(path.join(units, `${name}.service`)));
}

/** Half a program, on a full disk, would not carry our mark: then there is none. */
function writeProgram(file: string, text: string): void {
    try {
        fs.writeFileSync(file, text, { mode: 0o755 });
    } catch (error) {
        fs.rmSync(file, { force: true });
        throw error;
    }
}

/** A script that refuses while a process lives, and allows when it does not: left behind, it does no harm. */
function policy(pid: number): string {
    const start = identityOf(pid)?.split("/")[2] ?? "";
    return [
        "#!/bin/sh",
        `${mark} (process ${pid}): no service is started while it installs packages.`,
        `stat="$(cat /proc/${pid}/stat 2>/dev/null)" || exit 0`,
        // The program's name may hold blanks; what is behind it has the start as its 20th field.
        "set -- ${stat##*) }",
        `[ "\${20}" = ${start} ] && exit 101`,
        "exit 0",
        "",
    ].join("\n");
}
