package xray

import "strings"

// TraceHeader carries a trace from caller to callee: Root=1-…-…;Parent=…;Sampled=1.
const TraceHeader = "X-Amzn-Trace-Id"

// position is where in a trace a request stands.
type position struct {
	// root is the trace's id; empty where none has begun.
	root string
	// parent is the id of the caller's segment.
	parent string
	// sampled is "1" or "0" where the caller has decided whether the trace is written.
	sampled string
}

func parsePosition(header string) position {
	var p position
	for part := range strings.SplitSeq(header, ";") {
		key, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch key {
		case "Root":
			p.root = value
		case "Parent":
			p.parent = value
		case "Sampled":
			p.sampled = value
		}
	}
	return p
}

func (p position) String() string {
	return "Root=" + p.root + ";Parent=" + p.parent + ";Sampled=" + p.sampled
}
