import type { ResourceValidationPolicy } from "@pulumi/policy";
import { eachObject } from "./read/check";
import { bodiesAt, bodyAt, numberAt, textAt } from "./read/object";

const name = "gateway-tls";
/** Protocols whose requests the gateway reads in plain. TCP and the like may be anything, and bring their own encryption. */
const plainProtocols = new Set(["HTTP", "HTTP2", "GRPC", "GRPC-WEB"]);

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
            if (plainProtocols.has(protocol)) {
                if (tls.httpsRedirect !== true)
                    report(`${at}: serves ${protocol} in plain; set tls.httpsRedirect true, or serve HTTPS`);
                continue;
            }
            const isTls = protocol === "HTTPS" || protocol === "TLS" || mode !== undefined;
            if (!isTls || mode === "PASSTHROUGH" || mode === "AUTO_PASSTHROUGH") continue;
            // Who speaks the mesh's own mTLS has the mesh's certificate.
            const certificates = ["credentialName", "credentialNames", "serverCertificate", "tlsCertificates"];
            if (mode !== "ISTIO_MUTUAL" && certificates.every((field) => tls[field] === undefined))
                report(`${at}: has no certificate; set tls.credentialName`);
            if (/^(TLSV1_0|TLSV1_1)$/.test(textAt(tls, "minProtocolVersion") ?? ""))
                report(`${at}: takes ${textAt(tls, "minProtocolVersion")}; set tls.minProtocolVersion TLSV1_2`);
        }
    }),
};
