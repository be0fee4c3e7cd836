package lint

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
)

// Report has findings for programs. Fields may be added within a version.
//
//	apiVersion  isvc.io/findings/v1
//	kind        Findings
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Program is the version of isvc.
	Program string `json:"program"`
	// Summary counts the findings that are not ignored.
	Summary Counts `json:"summary"`
	// Findings are in the order of the input.
	Findings []Finding `json:"findings"`
}

// Counts are numbers of findings.
type Counts struct {
	Errors   int `json:"errors"`
	Warnings int `json:"warnings"`
	Infos    int `json:"infos"`
	Ignored  int `json:"ignored"`
}

// NewReport returns a report of findings, which may be empty.
func NewReport(findings []Finding, version string) Report {
	report := Report{APIVersion: "isvc.io/findings/v1", Kind: "Findings", Program: version, Findings: findings}
	if findings == nil {
		report.Findings = []Finding{}
	}
	for _, f := range findings {
		switch {
		case f.Ignored != "":
			report.Summary.Ignored++
		case f.Severity == Error:
			report.Summary.Errors++
		case f.Severity == Warning:
			report.Summary.Warnings++
		default:
			report.Summary.Infos++
		}
	}
	return report
}

// withoutIgnored are the findings that are not ignored.
func withoutIgnored(findings []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(findings), func(f Finding) bool { return f.Ignored != "" })
}

// Text is the findings for people, a line each, and a count.
func Text(findings []Finding) string {
	var text strings.Builder
	for _, f := range withoutIgnored(findings) {
		text.WriteString(f.String() + "\n")
	}
	return text.String() + Summary(findings) + "\n"
}

// GitHub is the findings as commands of GitHub's workflows, which show them beside the lines of a pull
// request, and a count.
func GitHub(findings []Finding) string {
	commands := map[Severity]string{Error: "error", Warning: "warning", Info: "notice"}
	var text strings.Builder
	for _, f := range withoutIgnored(findings) {
		var properties []string
		add := func(name, value string) {
			properties = append(properties, name+"="+escapeProperty(value))
		}
		if f.File != "" {
			add("file", f.File)
			if f.Line > 0 {
				add("line", fmt.Sprint(f.Line))
			}
			if f.Column > 0 {
				add("col", fmt.Sprint(f.Column))
			}
		}
		add("title", f.ID+" "+f.Rule)
		fmt.Fprintf(&text, "::%s %s::%s\n", commands[f.Severity], strings.Join(properties, ","), escapeData(f.about()+f.Text()))
	}
	return text.String() + Summary(findings) + "\n"
}

// about is the service, the object and the field in front of a message.
func (f Finding) about() string {
	var parts []string
	if f.Name != "" {
		parts = append(parts, "InferenceService "+f.service())
	}
	if where := f.where(); where != "" {
		parts = append(parts, where)
	}
	if len(parts) == 0 {
		return ""
	}
	return strings.Join(parts, ": ") + ": "
}

// escapeData and escapeProperty write text as the commands of GitHub's workflows need it.
func escapeData(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

func escapeProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(escapeData(text))
}

// junitSuites is a report in the form of JUnit, as CI systems read it.
type junitSuites struct {
	XMLName  xml.Name     `xml:"testsuites"`
	Name     string       `xml:"name,attr"`
	Tests    int          `xml:"tests,attr"`
	Failures int          `xml:"failures,attr"`
	Suites   []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	File    string        `xml:"file,attr,omitempty"`
	Line    int           `xml:"line,attr,omitempty"`
	Failure *junitFailure `xml:"failure,omitempty"`
	Output  string        `xml:"system-out,omitempty"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

// JUnit is the findings as test cases, a suite for each file. Errors are failures; what is less is a
// test that passes with output. Without findings there is one test that passes.
func JUnit(findings []Finding) (string, error) {
	suites := map[string]*junitSuite{}
	var order []string
	for _, f := range withoutIgnored(findings) {
		name := cmp.Or(f.File, "isvc")
		suite := suites[name]
		if suite == nil {
			suite = &junitSuite{Name: name}
			suites[name] = suite
			order = append(order, name)
		}
		test := junitCase{Class: f.ID + " " + f.Rule, Name: strings.TrimSuffix(f.about(), ": "), File: f.File, Line: f.Line}
		if f.Severity == Error {
			test.Failure = &junitFailure{Type: f.ID, Message: f.Text(), Text: f.String()}
			suite.Failures++
		} else {
			test.Output = f.String()
		}
		suite.Cases = append(suite.Cases, test)
		suite.Tests++
	}
	if len(order) == 0 {
		order = []string{"isvc"}
		suites["isvc"] = &junitSuite{Name: "isvc", Tests: 1, Cases: []junitCase{{Class: "isvc", Name: "no findings"}}}
	}
	all := junitSuites{Name: "isvc"}
	for _, name := range order {
		all.Suites = append(all.Suites, *suites[name])
		all.Tests += suites[name].Tests
		all.Failures += suites[name].Failures
	}
	text, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return "", err
	}
	return xml.Header + string(text) + "\n", nil
}

// maxMarkdown is the longest report in Markdown, in bytes: GitHub takes comments of 65,536 characters.
const maxMarkdown = 60_000

// Markdown is the findings as a table for a comment on a pull request. What does not fit into a comment
// is left out, and counted.
func Markdown(findings []Finding) string {
	all := withoutIgnored(findings)
	var text strings.Builder
	text.WriteString("**isvc: " + Summary(findings) + "**\n")
	if len(all) == 0 {
		return text.String()
	}
	text.WriteString("\n| severity | where | what | rule |\n|---|---|---|---|\n")
	for i, f := range all {
		where := f.about()
		if f.File != "" {
			where = "`" + f.Place() + "` " + where
		}
		row := fmt.Sprintf("| %s | %s | %s | %s |\n", f.Severity, markdownCell(strings.TrimSuffix(where, ": ")), markdownCell(f.Text()), f.ID+" "+f.Rule)
		if text.Len()+len(row) > maxMarkdown {
			fmt.Fprintf(&text, "\n%d more are left out.\n", len(all)-i)
			break
		}
		text.WriteString(row)
	}
	return text.String()
}

// markdownCell is a text as a cell of a table.
func markdownCell(text string) string {
	return strings.NewReplacer("|", "\\|", "<", "&lt;", "\n", " ").Replace(text)
}
