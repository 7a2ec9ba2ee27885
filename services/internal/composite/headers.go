package composite

import "net/http"

// forwarded are the headers that a request takes along to the core services: X-group, by which the mesh sends canary
// testers to the new version, x-release, in which the edge wrote the version of the whole chain, and those by which tracers put the hops of one request together.
var forwarded = []string{
	"X-group", "x-release",
	"traceparent", "tracestate", "baggage",
	"b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags",
	"x-request-id", "x-ot-span-context",
}

func forwardedFrom(incoming http.Header) http.Header {
	outgoing := http.Header{}
	for _, name := range forwarded {
		if values := incoming.Values(name); len(values) > 0 {
			outgoing[http.CanonicalHeaderKey(name)] = values
		}
	}
	return outgoing
}
