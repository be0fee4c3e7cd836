package lint_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/cmd/isvc/lint"
)

func TestARuleIsSwitchedOffByAnAnnotation(t *testing.T) {
	for sentence, test := range map[string]struct{ annotation, want string }{
		"its identifier": {"isvc.io/lint-ignore.ISVC021: built every night", "built every night"},
		"its name":       {"isvc.io/lint-ignore.MutableImage: built every night", "built every night"},
		"another rule":   {"isvc.io/lint-ignore.ISVC022: built every night", ""},
		"no reason":      {`isvc.io/lint-ignore.ISVC021: " "`, ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			findings := check(t, edited(t, []string{"server:1.0", "server:latest", "namespace: team-a}", "namespace: team-a, annotations: {" + test.annotation + "}}"}))
			require.NotEmpty(t, findings)
			assert.Equal(t, "ISVC021", findings[0].ID)
			assert.Equal(t, test.want, findings[0].Ignored)
		})
	}
}

func TestRulesAreSwitchedOffByAFile(t *testing.T) {
	findings := []lint.Finding{
		{ID: "ISVC021", Rule: "MutableImage", Severity: lint.Warning, Namespace: "team-a", Name: "chat", Object: "Deployment/chat-engine"},
		{ID: "ISVC021", Rule: "MutableImage", Severity: lint.Warning, Namespace: "sandbox", Name: "chat", Object: "Deployment/chat-engine"},
		{ID: "ISVC019", Rule: "ScalesOnCPU", Severity: lint.Info, Namespace: "sandbox", Name: "chat", Object: "HorizontalPodAutoscaler/chat-engine"},
		{ID: "ISVC027", Rule: "Unresolved", Severity: lint.Error, Namespace: "sandbox", Name: "chat", Object: "InferenceService/chat"},
	}
	for sentence, test := range map[string]struct {
		file    string
		ignored []string
		summary string
	}{
		"nothing":                 {`{}`, []string{"", "", "", ""}, "4 findings: 1 error, 2 warnings, 1 info"},
		"a rule everywhere":       {`ignore: [{rule: ISVC021, reason: r}]`, []string{"r", "r", "", ""}, "2 findings: 1 error, 1 info; 2 ignored"},
		"by its name, in a place": {`ignore: [{rule: MutableImage, services: ["sandbox/*"], reason: r}]`, []string{"", "r", "", ""}, "3 findings: 1 error, 1 warning, 1 info; 1 ignored"},
		"for some objects":        {`ignore: [{rule: ISVC021, objects: ["LeaderWorkerSet/*"], reason: r}]`, []string{"", "", "", ""}, "4 findings: 1 error, 2 warnings, 1 info"},
		"what is less":            {`minSeverity: warning`, []string{"", "", ""}, "3 findings: 1 error, 2 warnings"},
		"everything":              {`{minSeverity: error, ignore: [{rule: ISVC027, reason: r}]}`, []string{"r"}, "no findings; 1 ignored"},
	} {
		t.Run(sentence, func(t *testing.T) {
			settings, err := lint.ParseSettings([]byte(test.file))
			require.NoError(t, err)
			var ignored []string
			got := settings.Apply(findings)
			for _, f := range got {
				ignored = append(ignored, f.Ignored)
			}
			assert.Equal(t, test.ignored, ignored)
			assert.Equal(t, test.summary, lint.Summary(got))
		})
	}
	assert.Equal(t, "no findings", lint.Summary(nil))
	assert.Equal(t, "1 finding: 1 error", lint.Summary(findings[3:]))
}

func TestAFileThatSwitchesOffNothingIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		`ignore: [{rule: ISVC999, reason: r}]`:                  `ignore[0]: there is no rule "ISVC999"`,
		`ignore: [{rule: ISVC021}]`:                             "reason is missing",
		`ignore: [{rule: ISVC021, reason: r, services: ["["]}]`: `"[" is not a pattern`,
		`minSeverity: fatal`:                                    `there is no severity "fatal"`,
		`ignored: []`:                                           `unknown field "ignored"`,
	} {
		_, err := lint.ParseSettings([]byte(text))
		assert.ErrorContains(t, err, want, text)
	}
}

func TestWhatIsIgnoredIsASuppressedResult(t *testing.T) {
	text, err := json.Marshal(lint.ToSARIF([]lint.Finding{{ID: "ISVC021", Severity: lint.Warning, Ignored: "built every night"}, {ID: "ISVC021", Severity: lint.Warning}}, ""))
	require.NoError(t, err)
	assert.Contains(t, string(text), `"suppressions":[{"kind":"external","justification":"built every night"}]`)
	assert.NotContains(t, string(text), `"suppressions":null`)
}
