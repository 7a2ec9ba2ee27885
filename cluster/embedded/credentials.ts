import * as fs from "node:fs";
import * as path from "node:path";
import { writeWhole } from "../wholeFile.mjs";
import { authority, issue, writePair, type Authority, type Pair, type Subject } from "./certificates";
import { kubeconfig } from "./kubeconfig";
import { apiPort, contextOf, insideDir, network } from "./layout";

/** The API server as the cluster's own parts reach it. */
export const apiServer = `https://${network.node}:${apiPort}`;

/** The parts that are clients of the API server, with the least that each must be allowed: Kubernetes brings the roles. */
const clients = (node: string): Record<string, Subject> => ({
    "controller-manager": { commonName: "system:kube-controller-manager" },
    scheduler: { commonName: "system:kube-scheduler" },
    "kube-proxy": { commonName: "system:kube-proxy" },
    kubelet: { commonName: `system:node:${node}`, organization: "system:nodes", hosts: [network.node] },
});

/** What the API server answers to. */
const apiHosts = [
    "127.0.0.1",
    "localhost",
    network.node,
    network.apiService,
    ...["", ".default", ".default.svc", `.default.svc.${network.domain}`].map((domain) => `kubernetes${domain}`),
];

/**
 * Writes certificates and kubeconfigs for every part and the user. Authorities and the key of service accounts are made
 * once; all else anew at each start, so that nothing expires in a cluster that is stopped and started.
 *
 * The files: `pki/` has pairs, `conf/<part>.kubeconfig` the parts' kubeconfigs, `kubeconfig` the user's.
 *
 * @param hostPort where the user reaches the API server on 127.0.0.1
 * @returns the kubeconfig with which the supervisor itself is the administrator
 */
export async function writeCredentials(name: string, hostPort: number): Promise<string> {
    const pki = insideDir("pki");
    fs.mkdirSync(insideDir("conf"), { recursive: true });
    const [ca, etcd] = await Promise.all([authority(pki, "ca"), authority(pki, "etcd-ca")]);
    await authority(pki, "service-accounts");
    const make = async (file: string, from: Authority, subject: Subject): Promise<Pair> => {
        const pair = await issue(from, subject);
        writePair(pki, file, pair);
        return pair;
    };
    // An authority of its own: whoever may ask the API server must not be let into the data behind it.
    await make("etcd", etcd, { commonName: "etcd", hosts: ["127.0.0.1"] });
    await make("etcd-client", etcd, { commonName: "kube-apiserver" });
    await make("api", ca, { commonName: "kube-apiserver", hosts: apiHosts });
    await make("kubelet-client", ca, { commonName: "kube-apiserver-kubelet-client" });
    for (const [part, subject] of Object.entries(clients(name))) {
        const client = await make(part, ca, subject);
        const text = kubeconfig({ context: part, server: apiServer, authority: ca.certificate, client });
        writeWhole(path.join(insideDir("conf"), `${part}.kubeconfig`), text);
    }
    const admin = await issue(ca, { commonName: `${contextOf(name)}-admin`, organization: "system:masters" });
    const forUser = { context: contextOf(name), authority: ca.certificate, client: admin };
    writeWhole(insideDir("kubeconfig"), kubeconfig({ ...forUser, server: `https://127.0.0.1:${hostPort}` }));
    return kubeconfig({ ...forUser, server: apiServer });
}
