package lint

import "strings"

// The version of SARIF, and its schema.
const (
	sarifVersion = "2.1.0"
	sarifSchema  = "https://json.schemastore.org/sarif-2.1.0.json"
)

// SARIF is a log in the form that code scanning reads, version 2.1.0.
type SARIF struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool    sarifTool     `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID                   string             `json:"id"`
	Name                 string             `json:"name"`
	ShortDescription     sarifText          `json:"shortDescription"`
	FullDescription      sarifText          `json:"fullDescription"`
	Help                 sarifText          `json:"help"`
	DefaultConfiguration sarifConfiguration `json:"defaultConfiguration"`
}

type sarifConfiguration struct {
	Level string `json:"level"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifResult struct {
	RuleID    string          `json:"ruleId"`
	RuleIndex int             `json:"ruleIndex"`
	Level     string          `json:"level"`
	Message   sarifText       `json:"message"`
	Locations []sarifLocation `json:"locations"`
	// Suppressions say why the result does not count; absent for one that does.
	Suppressions []sarifSuppression `json:"suppressions,omitempty"`
}

type sarifSuppression struct {
	Kind          string `json:"kind"`
	Justification string `json:"justification"`
}

type sarifLocation struct {
	PhysicalLocation *sarifPhysical `json:"physicalLocation,omitempty"`
	LogicalLocations []sarifLogical `json:"logicalLocations"`
}

type sarifPhysical struct {
	ArtifactLocation sarifArtifact `json:"artifactLocation"`
	Region           sarifRegion   `json:"region"`
}

type sarifArtifact struct {
	URI string `json:"uri"`
}

type sarifRegion struct {
	StartLine   int `json:"startLine"`
	StartColumn int `json:"startColumn,omitempty"`
}

type sarifLogical struct {
	FullyQualifiedName string `json:"fullyQualifiedName"`
	Kind               string `json:"kind"`
}

// ToSARIF returns findings as a log of this version of the program, which may be empty. A finding
// whose line is not known points at the first one, because code scanning shows none without.
func ToSARIF(findings []Finding, version string) SARIF {
	run := sarifRun{Tool: sarifTool{Driver: sarifDriver{Name: "isvc", Version: version}}, Results: []sarifResult{}}
	index := map[string]int{}
	for i, rule := range Rules() {
		index[rule.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRule{
			ID: rule.ID, Name: rule.Name,
			ShortDescription: sarifText{rule.Title}, FullDescription: sarifText{rule.Title + " " + rule.Why}, Help: sarifText{rule.Fix},
			DefaultConfiguration: sarifConfiguration{sarifLevel(rule.Severity)},
		})
	}
	for _, f := range findings {
		result := sarifResult{
			RuleID: f.ID, RuleIndex: index[f.ID], Level: sarifLevel(f.Severity),
			Message: sarifText{f.Text()}, Locations: []sarifLocation{sarifLocationOf(f)},
		}
		if f.Ignored != "" {
			result.Suppressions = []sarifSuppression{{Kind: "external", Justification: f.Ignored}}
		}
		run.Results = append(run.Results, result)
	}
	return SARIF{Schema: sarifSchema, Version: sarifVersion, Runs: []sarifRun{run}}
}

func sarifLocationOf(f Finding) sarifLocation {
	var names []string
	for _, part := range []string{f.Namespace, f.Name, f.Object, f.Field} {
		if part != "" {
			names = append(names, part)
		}
	}
	name := strings.Join(names, "/")
	at := sarifLocation{LogicalLocations: []sarifLogical{{FullyQualifiedName: name, Kind: "resource"}}}
	if f.File != "" {
		at.PhysicalLocation = &sarifPhysical{ArtifactLocation: sarifArtifact{f.File}, Region: sarifRegion{StartLine: max(1, f.Line), StartColumn: f.Column}}
	}
	return at
}

// sarifLevel is what SARIF calls a severity.
func sarifLevel(s Severity) string {
	if s == Info {
		return "note"
	}
	return string(s)
}
