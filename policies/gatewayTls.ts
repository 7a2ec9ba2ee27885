import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { bodiesAt, bodyAt, numberAt, textAt } from "./read/object";

const name = "gateway-tls";
/** Protocols that need no TLS because they bring their own, or are none of ours. */
const encryptedProtocols = new Set(["HTTPS", "TLS"]);

/** What comes in from outside is encrypted; plain HTTP only answers where HTTPS is. */
export const gatewayTls: ResourceValidationPolicy = {
    name,
    description: "A Gateway serves by TLS 1.2 or later with a certificate; plain HTTP only redirects.",
    severity: "high",
    validateResource: eachObject(name, ["Gateway"], (object, report) => {
        if (object.group !== "networking.istio.io") return;
        for (const server of bodiesAt(object.body, "spec", "servers")) {
            const port = bodyAt(server, "port");
            const tls = bodyAt(server, "tls");
            const at = `Gateway ${object.name}, port ${numberAt(port, "number")}`;
            const protocol = (textAt(port, "protocol") ?? "").toUpperCase();
            const mode = textAt(tls, "mode");
            if (!encryptedProtocols.has(protocol)) {
                if (tls.httpsRedirect !== true)
                    report(`${at}: serves ${protocol} in plain; set tls.httpsRedirect true, or serve HTTPS`);
                continue;
            }
            if (mode === "PASSTHROUGH" || mode === "AUTO_PASSTHROUGH") continue;
            if (tls.credentialName === undefined && tls.serverCertificate === undefined)
                report(`${at}: has no certificate; set tls.credentialName`);
            if (/^(TLSV1_0|TLSV1_1)$/.test(textAt(tls, "minProtocolVersion") ?? ""))
                report(`${at}: takes ${textAt(tls, "minProtocolVersion")}; set tls.minProtocolVersion TLSV1_2`);
        }
    }),
};
