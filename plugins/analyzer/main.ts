/**
 * Starts a policy pack for a CLI that does not leave that to the language host: `pulumi-analyzer-policy-nodejs ENGINE PACK
 * [-option=value …]`. The CLI has put project and stack into the environment already, so the SDK's runner can take over.
 */
import { startNode } from "../language/child";
import { locate } from "../language/locate";
import { optionsEnvironment, runtimeOptions } from "../language/options";
import { packArguments } from "./arguments";

async function main(): Promise<number> {
    const { engine, pack, options } = packArguments(process.argv.slice(2));
    const runtime = runtimeOptions(options);
    const runner = locate("@pulumi/pulumi/cmd/run-policy-pack", pack, `npm install in ${pack}`);
    const child = startNode([...runtime.nodeargs, runner, engine, pack], {
        cwd: pack,
        env: { ...process.env, ...optionsEnvironment(runtime) },
        stdout: (chunk) => process.stdout.write(chunk),
        stderr: (chunk) => process.stderr.write(chunk),
    });
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => child.stop());
    return child.ended;
}

main().then(
    (code) => process.exit(code),
    (error: Error) => {
        console.error(error.message);
        process.exit(1);
    },
);
