import { engineAddress, serve } from "../serve";
import { addLanguageHost } from "./host";

// Children end with this process, which "exit" sees to; a signal alone would skip it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(0));

serve((server) => addLanguageHost(server, engineAddress() ?? "")).catch((error: Error) => {
    console.error(`pulumi-language-nodejs: ${error.message}`);
    process.exit(1);
});
