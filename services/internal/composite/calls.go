package composite

import (
	"net/http"
	"sync"

	"upshift/services/internal/problem"
	"upshift/services/internal/remote"
	"upshift/services/internal/server"
)

// testerHeader is the one by which the mesh sends canary testers to the new version.
const testerHeader = "X-group"

// call is one part of a composite request.
type call struct {
	to   remote.Service
	path string
	// body is sent as JSON; nil for none.
	body any
	// answer is where a 200 is decoded to.
	answer any
	// pod is where the address of the pod that answered goes.
	pod *string
	// optional: 404 leaves the answer as it is.
	optional bool
}

// sideBySide makes all calls at once, with the headers that r takes along, and waits for all. When several fail, the error
// of the first in the list is told.
func sideBySide(r *http.Request, method string, calls ...call) error {
	headers := remote.Forwarded(r.Header, testerHeader)
	errs := make([]error, len(calls))
	var running sync.WaitGroup
	for i, c := range calls {
		running.Go(func() {
			from, err := c.to.Call(r.Context(), headers, method, c.path, c.body, c.answer)
			*c.pod = from.Get(server.AddressHeader)
			if err != nil && !(c.optional && problem.From(err).Status == http.StatusNotFound) {
				errs[i] = err
			}
		})
	}
	running.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
