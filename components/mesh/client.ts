import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { MeshAccess } from "../split/meshAccess";

/** The kubeconfig of a cluster, with its context chosen. @throws when the file can't be read */
export function kubeConfigOf({ kubeconfig, context }: MeshAccess): KubeConfig {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    config.setCurrentContext(context);
    return config;
}
