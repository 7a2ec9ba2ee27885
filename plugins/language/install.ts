import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Installs a program's npm packages: exactly those of its lock file if it has one. No package's scripts are run: they may
 * fetch what they like from wherever they like, and this project needs none of them.
 */
export async function installDependencies(directory: string, write: (chunk: Buffer) => void): Promise<void> {
    const command = fs.existsSync(path.join(directory, "package-lock.json")) ? "ci" : "install";
    const npm = spawn("npm", [command, "--ignore-scripts"], { cwd: directory, stdio: ["ignore", "pipe", "pipe"] });
    npm.stdout.on("data", write);
    npm.stderr.on("data", write);
    const code = await new Promise<number>((resolve, reject) => {
        npm.once("error", (error) => reject(new Error(`could not run npm: ${error.message}`)));
        npm.once("close", (exitCode) => resolve(exitCode ?? 128));
    });
    if (code !== 0)
        throw new Error(`\`npm ${command} --ignore-scripts\` in ${directory} failed with exit code ${code}.`);
}
