import { ask, complaint } from "./ask";
import { onPath } from "./tools/onPath";
import type { Finding } from "./target";

/** Why Docker can't be used; undefined when its engine answers. */
export async function dockerFinding(): Promise<Finding | undefined> {
    if (!onPath("docker")) {
        return {
            what: "Docker is not there.",
            fix: "install it (https://docs.docker.com/engine/install/) and start it",
        };
    }
    const answer = await ask("docker", ["version", "--format", "{{.Server.Version}}"]);
    if (answer.code === 0) return undefined;
    if (/permission denied/i.test(answer.stderr)) {
        return {
            what: `Docker runs, and this user may not use it: ${complaint(answer)}`,
            fix: `sudo usermod -aG docker "$USER", then log in again`,
        };
    }
    return {
        what: `Docker's engine does not answer: ${complaint(answer)}`,
        fix: startDocker[process.platform] ?? "start Docker",
    };
}

const startDocker: Partial<Record<NodeJS.Platform, string>> = {
    linux: "sudo systemctl start docker",
    darwin: "open -a Docker, and wait until it runs",
    win32: "start Docker Desktop, and wait until it runs",
};
