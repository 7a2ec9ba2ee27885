package remote

import "net/http"

// taken are the headers that every call takes along: x-release, in which the edge wrote the version of a whole chain, and
// those by which tracers put the hops of one request together.
var taken = []string{
	"x-release",
	"traceparent", "tracestate", "baggage",
	"b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags",
	"x-request-id", "x-ot-span-context",
}

// Forwarded picks, of the headers of a request that came in, those that the calls made for it take along: those above,
// and those named, by which the mesh sends testers to the new version.
func Forwarded(incoming http.Header, names ...string) http.Header {
	outgoing := http.Header{}
	for _, list := range [][]string{names, taken} {
		for _, name := range list {
			if values := incoming.Values(name); len(values) > 0 {
				outgoing[http.CanonicalHeaderKey(name)] = values
			}
		}
	}
	return outgoing
}
