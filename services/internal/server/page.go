package server

import (
	"bytes"
	"html/template"
	"net/http"
)

// HandlePage answers pattern with what page makes of data's value, as HTML; data may add headers to the answer. A page that
// can't be made is an error like any other, and never half a page.
func (t *Routes) HandlePage(pattern string, page *template.Template, data func(answer http.Header, r *http.Request) (any, error)) {
	t.HandleRaw(pattern, func(w http.ResponseWriter, r *http.Request) {
		value, err := data(w.Header(), r)
		var text bytes.Buffer
		if err == nil {
			err = page.Execute(&text, value)
		}
		if err != nil {
			t.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = text.WriteTo(w) // a caller who is gone can't be told more
	})
}
