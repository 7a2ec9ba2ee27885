import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit, VersionedService } from "upshift";

const config = new pulumi.Config();
const namespace = config.require("namespace");
const images = config.requireObject<Record<string, string>>("images");

/** No `replicas`: their number is begun with one pod, and never written again. */
const web = new VersionedService("web", {
    namespace,
    versions: ["v1", "v2"].map((name) => ({ name, image: images[name] ?? "" })),
    ports: [{ name: "http", number: 3000 }],
    longestRequestSeconds: 5,
});
for (const version of ["v1", "v2"])
    new k8s.autoscaling.v2.HorizontalPodAutoscaler(
        `web-${version}`,
        {
            metadata: { name: `web-${version}`, namespace },
            spec: {
                scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: `web-${version}` },
                minReplicas: 3,
                maxReplicas: 10,
                metrics: [
                    {
                        type: "Resource",
                        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
                    },
                ],
            },
        },
        { dependsOn: web },
    );
const weights = config.requireObject<Record<string, number>>("weights");
const split = new TrafficSplit("web", { namespace, versions: web.versions, weights }, { dependsOn: web });

export const served = split.weights;
