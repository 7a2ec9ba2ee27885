import { z } from "zod";
import { ask, complaint } from "../ask";
import { isOwn, ownerLabel } from "../ownership";
import { readRecord } from "../record";
import { UserError } from "../../components/userError";

const option = z.object({ Component: z.string(), Key: z.string(), Value: z.string() });
const profile = z.object({
    Name: z.string(),
    Status: z.string().default(""),
    Config: z.object({
        Driver: z.string().default(""),
        KubernetesConfig: z.object({ ExtraOptions: z.array(option).nullish() }).default({}),
    }),
});
const listed = z.object({
    valid: z.array(profile).default([]),
    invalid: z.array(z.object({ Name: z.string() })).default([]),
});

/** A cluster as `minikube profile list` has it. */
export interface MinikubeProfile {
    readonly isRunning: boolean;
    /** Whether this checkout made it. */
    readonly isOurs: boolean;
    /** Whose it is, as upshift has marked it; undefined where another made it. */
    readonly mark: string | undefined;
    /** How its node runs: `docker`, `podman`, `kvm2` and so on. */
    readonly driver: string;
}

/** The option that gives the node a mark; minikube keeps it in the profile, where it is seen while the node is stopped. */
export const markOption = (mark: string): string => `kubelet.node-labels=${ownerLabel}=${mark}`;

/** Drivers whose node is a container, so that ports of this machine can lead to it. */
export const isContainer = (driver: string): boolean => ["docker", "podman"].includes(driver);

/** The profile of a name; undefined when there is none. @throws when minikube can't say */
export async function findProfile(name: string): Promise<MinikubeProfile | undefined> {
    const answer = await ask("minikube", ["profile", "list", "--output", "json"]);
    if (answer.code !== 0) throw new Error(`minikube can't list its clusters: ${complaint(answer)}`);
    const { valid, invalid } = listed.parse(JSON.parse(answer.stdout));
    const found = valid.find(({ Name }) => Name === name);
    if (!found) {
        if (invalid.some(({ Name }) => Name === name)) throw broken(name);
        return undefined;
    }
    const options = found.Config.KubernetesConfig.ExtraOptions ?? [];
    const given = options.map(({ Component, Key, Value }) => `${Component}.${Key}=${Value}`);
    const mark = given.find((option) => option.startsWith(markOption("")))?.slice(markOption("").length);
    return {
        isRunning: ["Running", "OK"].includes(found.Status),
        isOurs: isOwn(mark, readRecord("minikube", name)),
        mark,
        driver: found.Config.Driver,
    };
}

function broken(name: string): UserError {
    return new UserError({
        what: `minikube's profile ${name} is broken: minikube itself can't read it.`,
        fix: `minikube delete --profile ${name}, if it is yours`,
    });
}
