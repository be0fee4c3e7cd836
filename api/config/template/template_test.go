package template_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config/template"
)

var values = template.DomainValues{
	Name:        "chat",
	Namespace:   "team-a",
	Labels:      map[string]string{"tier": "gold"},
	Annotations: map[string]string{"x/y": "z"},
}

func TestExecute(t *testing.T) {
	for text, want := range map[string]string{
		`{{ .Name }}.{{ .Namespace }}.example.com`:         "chat.team-a.example.com",
		`{{.Name}}-{{.Labels.tier}}`:                       "chat-gold",
		`{{.Labels.none}}x`:                                "<no value>x",
		`{{index .Annotations "x/y"}}`:                     "z",
		`{{ index .Annotations "none" | printf "%s!" }}`:   "!",
		`{{if .Labels.tier}}a{{else}}b{{end}}`:             "a",
		`{{if eq .Name "other" "chat"}}yes{{end}}`:         "yes",
		`{{if and .Name (not .Labels.none)}}yes{{end}}`:    "yes",
		`{{if ne .Name "chat"}}a{{else if .Name}}b{{end}}`: "b",
		`{{with .Labels.tier}}{{.}}.{{$.Name}}{{end}}`:     "gold.chat",
		`{{or .Labels.none "default"}}`:                    "default",
		`{{len .Name}}`:                                    "4",
		`{{printf "%s-%d" .Name 3}}`:                       "chat-3",
		`{{print .Name "-" .Namespace}}`:                   "chat-team-a",
		`{{/* a comment */}}x {{- " y"}}`:                  "x y",
		`{{(index .Annotations "x/y")}}`:                   "z",
	} {
		t.Run(text, func(t *testing.T) {
			parsed, err := template.Parse(text)
			require.NoError(t, err)
			got, err := parsed.Execute(values)
			require.NoError(t, err)
			assert.Equal(t, want, got)
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{{ .Name`:                      "cannot parse",
		`{{ unknown .Name }}`:           "not defined",
		`{{range .Labels}}{{.}}{{end}}`: "is not allowed",
		`{{template "template" .}}`:     "is not allowed",
		`{{define "x"}}{{end}}`:         "defines other templates",
		strings.Repeat("x", 2000):       "at most 1024",
		`{{if .Name}}{{break}}{{end}}`:  "break",
		`{{ $x := .Name }}{{ $x }}`:     "variables are not supported",
		`{{block "x" .}}{{end}}`:        "defines other templates",
		`{{html .Name}}`:                "is not allowed",
		`{{print (slice .Name 1)}}`:     "is not allowed",
	} {
		_, err := template.Parse(text)
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), want)
	}
}

func TestExecuteRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{{ .Nothing }}`:                              "can't evaluate field Nothing in type template.DomainValues",
		`{{ with $ }}{{ .Nothing }}{{ end }}`:         "can't evaluate field Nothing",
		`{{ .Name.First }}`:                           "can't evaluate field First in type string",
		`{{ .Name "x" }}`:                             "cannot be invoked as function",
		`{{ not }}`:                                   "wrong number of args",
		`{{ eq .Name }}`:                              "missing argument",
		`{{ index .Labels }}`:                         "wrong number of args",
		`{{ len 3 }}`:                                 "len of type int",
		`{{ printf "%9999s" .Name }}`:                 "too large",
		`{{ printf "%*s" 9 .Name }}`:                  "not supported",
		strings.Repeat(`{{printf "%900s" .Name}}`, 5): "more than 2048 bytes",
	} {
		t.Run(text[:min(len(text), 40)], func(t *testing.T) {
			parsed, err := template.Parse(text)
			require.NoError(t, err)
			_, err = parsed.Execute(values)
			require.Error(t, err)
			assert.Contains(t, err.Error(), want)
		})
	}
}

// TestNothingGrows nests what doubles its argument as deep as a template can be.
func TestNothingGrows(t *testing.T) {
	for _, double := range []string{`{{with print . .}}`, `{{with printf "%[1]s%[1]s" .}}`} {
		deep := 900 / (len(double) + len("{{end}}"))
		text := `{{with .Name}}` + strings.Repeat(double, deep) + strings.Repeat(`{{end}}`, deep) + `{{end}}`
		parsed, err := template.Parse(text)
		require.NoError(t, err)
		_, err = parsed.Execute(values)
		assert.ErrorContains(t, err, "more than 2048 bytes")
	}
	long := template.DomainValues{Labels: map[string]string{"long": strings.Repeat("x", 1<<18)}}
	parsed, err := template.Parse(`{{printf "` + strings.Repeat("%[1]s", 100) + `" .Labels.long}}`)
	require.NoError(t, err)
	_, err = parsed.Execute(long)
	assert.ErrorContains(t, err, "more than 2048 bytes")
}

func TestAPathHasFewerValues(t *testing.T) {
	parsed, err := template.Parse(`/{{ .Namespace }}/{{ .Name }}`)
	require.NoError(t, err)
	got, err := parsed.Execute(template.PathValues{Name: "chat", Namespace: "team-a"})
	require.NoError(t, err)
	assert.Equal(t, "/team-a/chat", got)
	parsed, err = template.Parse(`/{{ .IngressDomain }}`)
	require.NoError(t, err)
	_, err = parsed.Execute(template.PathValues{})
	assert.ErrorContains(t, err, "can't evaluate field IngressDomain")
}

func FuzzTemplate(f *testing.F) {
	f.Add(`{{ .Name }}.{{ index .Labels "a" }}`)
	f.Add(`{{if and .Name (eq .Namespace "x")}}{{printf "%5s" .Name}}{{end}}`)
	f.Fuzz(func(t *testing.T, text string) {
		parsed, err := template.Parse(text)
		if err != nil {
			return
		}
		got, err := parsed.Execute(values)
		if err == nil && len(got) > 2048 {
			t.Fatal("the result is too long")
		}
	})
}
