import { connect } from "./connect";
import { lookForIstio } from "./istios";

/** Prints what the cluster of a context has of Istio, as JSON. Arguments: the kubeconfig's path and the context. */
async function main(kubeconfig: string, context: string): Promise<void> {
    const { config } = await connect(kubeconfig, context);
    process.stdout.write(JSON.stringify(await lookForIstio(config)));
}

const [, , kubeconfig = "", context = ""] = process.argv;
main(kubeconfig, context).catch((error: Error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
});
