package lint

// The names of the rules that isvc validate applies itself.
const (
	RuleUnreadable   = "Unreadable"
	RuleOfInput      = "InputDoubtful"
	RuleUnknownField = "UnknownField"
	RuleDefinition   = "RefusedByDefinition"
	RuleRefused      = "RefusedByCluster"
	RuleWarned       = "WarnedByCluster"
	RuleUnresolved   = "Unresolved"
	RuleConflict     = "NeedsWhatAnotherNeeds"
	RuleMetadata     = "MetadataPending"
	// RuleZeroWithoutScaler is about the status of a service too.
	RuleZeroWithoutScaler = "ZeroWithoutScaler"
)

// inputRules are about what isvc validate finds in files and objects. The
// answer for a service says nothing of it, so that they have no check.
func inputRules() []Rule {
	return []Rule{
		{"ISVC061", RuleUnreadable, Error,
			"A file, or an object in it, cannot be read.",
			"What is in it does not count, and neither kubectl nor the API server takes it.",
			"Correct it, or leave the file out with --ignore.", nil},
		{"ISVC062", RuleDefinition, Error,
			"The definition of its kind refuses an object of the input: its schema, or a rule in it.",
			"The API server does not take the object.",
			"Correct the field that the message names.", nil},
		{"ISVC063", RuleRefused, Error,
			"A cluster refuses an object that the service becomes, or the pods of it. isvc validate finds it with isvc-check.",
			"The service is accepted, and its workload never exists.",
			"Correct the field that the message names: the finding says from which object of the input the value comes.", nil},
		{"ISVC064", RuleWarned, Warning,
			"A cluster takes an object that the service becomes, and warns. isvc validate finds it with isvc-check.",
			"What the warning says: most are fields that will go, or that do less than they seem.",
			"See the message.", nil},
		{"ISVC065", RuleOfInput, Warning,
			"Something in the input was passed over, or counts in another way than it is written.",
			"Its author expects something that does not happen.",
			"See the message.", nil},
	}
}

// NewFinding returns a finding of a rule, which must exist.
func NewFinding(rule, message string) Finding {
	r := ruleNamed(rule)
	f := Finding{ID: r.ID, Rule: r.Name, Severity: r.Severity}
	f.Message = message
	return f
}
