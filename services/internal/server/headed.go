package server

import "net/http"

// HandleHeaded is Handle for an answer with headers of its own, such as those that a callee's answer brought.
func (t *Routes) HandleHeaded(pattern string, answer func(headers http.Header, r *http.Request) (any, error)) {
	t.HandleRaw(pattern, func(w http.ResponseWriter, r *http.Request) {
		value, err := answer(w.Header(), r)
		if err != nil {
			t.fail(w, r, err)
			return
		}
		writeJSON(w, http.StatusOK, value)
	})
}
