package server

import (
	"net/http"
	"strings"
)

// ServedByHeader tells, on every answer, which version of which service took part: "web-frontend=v1, customers=v2".
// Measurements count it; a caller adds what its callees told it.
const ServedByHeader = "X-Served-By"

// AddServedBy takes over into a caller's answer what a callee's answer says of who served it.
func AddServedBy(answer, callee http.Header) {
	if more := callee.Get(ServedByHeader); more != "" {
		answer.Set(ServedByHeader, strings.TrimPrefix(answer.Get(ServedByHeader)+", "+more, ", "))
	}
}

func (s *Server) servedBy() string {
	as := s.config.ServedAs
	if as == "" {
		as = s.service.Version
	}
	return s.service.Name + "=" + as
}
