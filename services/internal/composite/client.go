package composite

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"upshift/services/internal/problem"
	"upshift/services/internal/server"
)

const maxAnswer = 8 << 20 // bytes

// newHTTPClient keeps connections to the proxy open, but not as long as the proxy does (1 h): so it is never the far side
// that closes one just as a request goes out on it.
func newHTTPClient(timeout time.Duration) *http.Client {
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}
	return &http.Client{Transport: transport, Timeout: timeout}
}

// remote is one core service as the composite sees it.
type remote struct {
	name string
	base string
	http *http.Client
}

// call sends one request, decodes a 200 into answer, and gives the pod that answered, as far as it is known.
//
// What goes wrong becomes a Problem: the service's own 4xx as it is; 503 when it can't be reached or says so; 504 when it
// takes too long or says so; 502 for whatever else it answers.
func (s remote) call(ctx context.Context, headers http.Header, method, path string, body, answer any) (string, error) {
	request, err := s.request(ctx, headers, method, path, body)
	if err != nil {
		return "", err
	}
	response, err := s.http.Do(request)
	if err != nil {
		return "", s.unreachable(err)
	}
	defer response.Body.Close()
	pod := response.Header.Get(server.AddressHeader)
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return pod, s.unreachable(err)
	}
	if response.StatusCode != http.StatusOK {
		return pod, s.refused(response.StatusCode, text, pod)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return pod, problem.New(http.StatusBadGateway, "%s answered what is not the JSON expected: %s", s.name, err)
	}
	return pod, nil
}

func (s remote) request(ctx context.Context, headers http.Header, method, path string, body any) (*http.Request, error) {
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	// A body of a type that net/http does not know can't be sent a second time: that is what keeps http.Transport from
	// silently repeating a GET when a connection breaks. A failed request must be seen, and counted.
	request, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.base, "/")+path, once{bytes.NewReader(text)})
	if err != nil {
		return nil, err
	}
	request.Header = headers.Clone()
	if body != nil {
		request.ContentLength = int64(len(text))
		request.Header.Set("Content-Type", "application/json")
	}
	return request, nil
}

type once struct{ io.Reader }

// unreachable tells callers which service it was; the error itself, with its addresses, is for the log.
func (s remote) unreachable(err error) error {
	told := problem.New(http.StatusServiceUnavailable, "%s can't be reached", s.name)
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &network) && network.Timeout() {
		told = problem.New(http.StatusGatewayTimeout, "%s did not answer in time", s.name)
	}
	return fmt.Errorf("%w: %w", told, err)
}

func (s remote) refused(status int, text []byte, pod string) error {
	var p problem.Problem
	if json.Unmarshal(text, &p) != nil || p.Message == "" {
		p.Message = http.StatusText(status)
	}
	switch status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusUnprocessableEntity:
		p.Status = status
	case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		p.Status, p.Message = status, s.name+": "+p.Message
	default:
		p = *problem.New(http.StatusBadGateway, "%s answered %d: %s", s.name, status, p.Message)
	}
	p.ServiceAddress = pod
	return &p
}
