/**
 * What programs of ours use of the Kubernetes client. The package is made of 800 ES modules, which Node loads one by one: two thirds of
 * a second at each run. As one CommonJS file they take a thirtieth.
 */
export * from "@kubernetes/client-node/dist/config.js";
export * from "@kubernetes/client-node/dist/gen/http/http.js";
export * from "@kubernetes/client-node/dist/gen/http/isomorphic-fetch.js";
export * from "@kubernetes/client-node/dist/portforward.js";
