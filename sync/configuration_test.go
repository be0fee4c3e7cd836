package sync_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/token"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/isvc-io/isvc/api/config"
	"github.com/isvc-io/isvc/modes"
)

// configSection is a section of the ConfigMap on the page. The keys of least are
// required: without one of them the section cannot be used.
type configSection struct {
	name, kind string
	least      map[string]string
	of         func(*config.Config) any
	text       string
}

func configSections() []configSection {
	account := func(keys ...string) map[string]string {
		least := map[string]string{}
		for _, key := range append(keys, "image", "compartmentId", "authType") {
			least[key] = "x"
		}
		return least
	}
	return []configSection{
		{config.SectionDeploy, "Deploy", map[string]string{"defaultDeploymentMode": "Serverless"},
			func(c *config.Config) any { return c.Deploy },
			"The mode of services, and what pods have of their [labels and annotations](#keys-that-pods-have). While the section cannot be used, every service is held."},
		{config.SectionIngress, "Ingress", map[string]string{"ingressGateway": "x", "ingressService": "x"},
			func(c *config.Config) any { return c.Ingress },
			"How services are reached. Annotations of a service override some of it, see below. While the section cannot be used, the routes of every service are held."},
		{config.SectionKeda, "Keda", nil, func(c *config.Config) any { return c.Keda }, "What KEDA asks."},
		{config.SectionProber, "Prober", nil, func(c *config.Config) any { return c.Prober },
			"The Deployment beside each Ray cluster that watches it."},
		{config.SectionMetrics, "Metrics", nil, func(c *config.Config) any { return c.Metrics },
			"The defaults of two annotations, as the texts \"true\" and \"false\"."},
		{config.SectionModelInit, "Injector", account("vaultId"), func(c *config.Config) any { return c.ModelInit },
			"The init container of the annotation `ome.io/inject-model-init`. OME ships the account of its authors; isvc ships no values: set the section with yours to use the annotation."},
		{config.SectionFineTunedAdapter, "Injector", account(), func(c *config.Config) any { return c.FineTunedAdapter },
			"The init container of the annotation `ome.io/inject-fine-tuned-adapter`, which a service with a fine-tuned weight has by itself. OME ships no values: set the section to use such weights."},
		{config.SectionServingSidecar, "Injector", account(), func(c *config.Config) any { return c.ServingSidecar },
			"The container of the annotation `ome.io/inject-serving-sidecar`. OME ships no values."},
		{config.SectionRollout, "Rollout", nil, func(c *config.Config) any { return c.Rollout },
			"Which changes reach the pods of running workloads, see [How changes reach running models](changes.md). Annotations of a service override it. OME has a section of this name with other keys, which have no effect."},
		{config.SectionBudget, "DisruptionBudgets", nil, func(c *config.Config) any { return c.Budget },
			"How many replicas a drain may take of components that do not say it themselves (`minAvailable`, `maxUnavailable`). Each key has one of the two."},
		{config.SectionAccelerators, "", nil, func(c *config.Config) any { return c.Accelerators },
			"A JSON list of resources of pods that are accelerators, one a device, beside those of known vendors: `[\"example.com/npu\"]`. It is added to the key `acceleratorResources` of the section `deploy`. Unlike OME: known vendors count without it. While the list cannot be used, every service is held."},
	}
}

// with parses the section with its required keys but one.
func (s configSection) with(t *testing.T, without string) *config.Config {
	t.Helper()
	keys := map[string]string{}
	for key, value := range s.least {
		if key != without {
			keys[key] = value
		}
	}
	text, err := json.Marshal(keys)
	require.NoError(t, err)
	return config.Parse(map[string]string{s.name: string(text)})
}

// key is a row of a table: a key of the configuration, an annotation or a label.
type key struct {
	constant, name, effect, fallback, unlike string
}

var (
	unlikeOME  = regexp.MustCompile(` ?Unlike OME: (.*)$`)
	defaultsTo = regexp.MustCompile(` ?Default: (.*?)\.( |$)`)
)

// newKey reads a doc comment: "Name effect. Default: value. Unlike OME: what."
func newKey(t testing.TB, constant, name, text string) key {
	t.Helper()
	text, named := strings.CutPrefix(text, constant+" ")
	require.True(t, named && text != "", "the comment of %s does not say what it does", constant)
	k := key{constant: constant, name: name}
	if m := unlikeOME.FindStringSubmatch(text); m != nil {
		k.unlike, text = capital(m[1]), unlikeOME.ReplaceAllString(text, "")
	}
	if m := defaultsTo.FindStringSubmatch(text); m != nil {
		k.fallback, text = m[1], defaultsTo.ReplaceAllString(text, "$2")
	}
	for _, verb := range []string{"is ", "are "} {
		text = strings.TrimPrefix(text, verb)
	}
	k.effect = capital(strings.TrimSpace(text))
	return k
}

// documentedFields are the documented fields of a struct of package config, by JSON name
// in their order.
func documentedFields(t *testing.T, kind string) []key {
	t.Helper()
	var out []key
	for _, s := range program(t) {
		if s.path != "api/config/config.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			declared, ok := n.(*ast.TypeSpec)
			if !ok || declared.Name.Name != kind {
				return true
			}
			for _, field := range declared.Type.(*ast.StructType).Fields.List {
				tag, err := strconv.Unquote(field.Tag.Value)
				require.NoError(t, err)
				out = append(out, newKey(t, field.Names[0].Name, reflect.StructTag(tag).Get("json"), comment(field.Doc)))
			}
			return false
		})
	}
	require.NotEmpty(t, out, kind)
	return out
}

// typeText is a Go type in the words of JSON.
func typeText(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeText(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "list of " + t.Elem().Name()
		}
		return "list of " + typeText(t.Elem())
	case reflect.Bool:
		return "boolean"
	case reflect.Int32, reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Struct, reflect.Map:
		return "object"
	}
	return t.Kind().String()
}

// valueText is a value as a reader writes it; nothing for an empty one.
func valueText(t *testing.T, v reflect.Value) string {
	t.Helper()
	if v.IsZero() && v.Kind() != reflect.Bool {
		return ""
	}
	text, err := json.Marshal(v.Interface())
	require.NoError(t, err)
	return "`" + strings.Trim(string(text), `"`) + "`"
}

func (s configSection) write(t *testing.T, page *bytes.Buffer) {
	t.Helper()
	if s.kind == "" { // a list
		fmt.Fprintf(page, "### %s\n\n%s\n\n", s.name, s.text)
		return
	}
	fmt.Fprintf(page, "### %s\n\n%s\n\n| key | type | default | without a ConfigMap | effect | unlike OME |\n|---|---|---|---|---|---|\n", s.name, s.text)
	given, shipped := reflect.ValueOf(s.of(s.with(t, ""))), reflect.ValueOf(s.of(config.Default()))
	for _, k := range documentedFields(t, s.kind) {
		field, found := given.Type().FieldByName(k.constant)
		require.True(t, found, k.constant)
		fallback := valueText(t, given.FieldByName(k.constant))
		if s.least[k.name] != "" {
			fallback = "required"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s | %s | %s |\n", k.name, typeText(field.Type), fallback,
			valueText(t, shipped.FieldByName(k.constant)), k.effect, k.unlike)
	}
	page.WriteString("\n")
}

// TestRequiredKeysAreRequired: a section can be used with the keys that the page
// calls required, and not without one of them.
func TestRequiredKeysAreRequired(t *testing.T) {
	for _, s := range configSections() {
		if s.kind == "" {
			continue // a list has no keys
		}
		assert.Empty(t, s.with(t, "").Problems, s.name)
		for name := range s.least {
			assert.Contains(t, s.with(t, name).Problems, s.name, "without %s", name)
		}
	}
}

// sectionConstants counts the names of sections in package config.
func sectionConstants(t *testing.T) int {
	t.Helper()
	count := 0
	for _, s := range program(t) {
		if s.path != "api/config/config.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if constant, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(constant.Names[0].Name, "Section") {
				count++
			}
			return true
		})
	}
	return count
}

// TestEverySectionIsOnThePage compares the sections of the page with those in
// the code.
func TestEverySectionIsOnThePage(t *testing.T) {
	assert.Len(t, configSections(), sectionConstants(t))
}

// keyBlocks are the annotations and labels of package v1beta1 by block: the
// comment of the block, and its keys.
func keyBlocks(t testing.TB) (heads []string, blocks [][]key) {
	t.Helper()
	for _, s := range program(t) {
		if s.path != "api/v1beta1/keys.go" {
			continue
		}
		for _, d := range s.file.Decls {
			block, ok := d.(*ast.GenDecl)
			if !ok || block.Tok != token.CONST {
				continue
			}
			if keys := keysOf(t, block); len(keys) > 0 {
				heads, blocks = append(heads, comment(block.Doc)), append(blocks, keys)
			}
		}
	}
	require.NotEmpty(t, blocks)
	return heads, blocks
}

func keysOf(t testing.TB, block *ast.GenDecl) []key {
	t.Helper()
	var out []key
	for _, spec := range block.Specs {
		constant := spec.(*ast.ValueSpec)
		name := constant.Names[0].Name
		if !strings.HasPrefix(name, "Annotation") && !strings.HasPrefix(name, "Label") {
			continue
		}
		word, err := strconv.Unquote(constant.Values[0].(*ast.BasicLit).Value)
		require.NoError(t, err)
		out = append(out, newKey(t, name, word, comment(constant.Doc)))
	}
	return out
}

// readKeys are the constants of keys.go that the program uses for more than to say that they have no
// effect.
func readKeys(t *testing.T) map[string]bool {
	t.Helper()
	used := map[string]bool{}
	for _, s := range program(t) {
		if s.path == "api/v1beta1/keys.go" || strings.HasPrefix(s.path, "sync/ignored/") {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if selector, ok := n.(*ast.SelectorExpr); ok {
				if from, named := selector.X.(*ast.Ident); named && from.Name == "v1beta1" {
					used[selector.Sel.Name] = true
				}
			}
			return true
		})
	}
	return used
}

// TestKeysWithoutEffectSaySo: an annotation or label that the program does not
// use is documented to have no effect, and no other is.
func TestKeysWithoutEffectSaySo(t *testing.T) {
	used := readKeys(t)
	_, blocks := keyBlocks(t)
	for _, block := range blocks {
		for _, k := range block {
			if k.constant == "AnnotationPrefixLintIgnore" {
				continue // lint alone reads it, see cmd/isvc/lint
			}
			assert.Equal(t, !used[k.constant], strings.Contains(strings.ToLower(k.effect), "has no effect"), "%s: %s", k.constant, k.effect)
		}
	}
}

const configurationHead = `# Configuration

<!-- Generated by go test ./sync -run TestConfigurationPageIsCurrent -update -->

isvc is configured by the ConfigMap ` + "`inferenceservice-config`" + ` in OME's format, and
by annotations and labels. The flags of the server are in
[operations.md](operations.md#flags-of-serve).

## The ConfigMap

Each value of the ConfigMap is a JSON document, a section. ` + "`isvc serve --config`" + ` reads
it from a mounted folder ([operations.md](operations.md#configuration)); for
` + "`isvc render`" + ` it may stand in the input.

* A section or key that is absent has the value of the column *default*, or none. A
  section that is there needs its required keys.
* A ConfigMap that is absent has the values of the column *without a ConfigMap*: those
  that OME ships, without those of an account.
* A section that cannot be used keeps its defaults, and only what needs it is held.
* Sections that are not listed here are ignored: OME has some for other programs. A key
  that its section does not have is told by ` + "`isvc validate`" + ` and in the log of the server.
* Where a command finds several such ConfigMaps, the one with the label ` + "`app.kubernetes.io/name: isvc`" + ` counts, which
  the manifests and the chart give it, else the last one. The others are named.

Change it where you installed it ([install](install.md#configuration)). To check what is there:

` + "```sh" + `
kubectl -n isvc-system get configmap inferenceservice-config -o yaml > inferenceservice-config.yaml
isvc validate -f inferenceservice-config.yaml
` + "```" + `

`

const configurationKeys = `## Annotations and labels

Annotations and labels of a service's metadata are inherited by each of its components,
and those of the component (` + "`spec.engine.annotations`, `spec.engine.labels`" + ` and so on)
are put on top. Objects have all of them, except for
[those of tools](#prefixes-of-annotations-of-tools). Pods have those of the component,
and of the service's own [those that are read on pods](#keys-that-pods-have): a change of
any other restarts nothing. Values are texts: write ` + "`\"true\"`, not `true`" + `.

`

const configurationPodKeys = `## Keys that pods have

A change of a label or annotation in a pod template restarts the pods. Of the labels and
annotations in a service's own metadata, pods have

* those that something is known to read on pods, in the table below,
* those that the pods of the component read themselves: in a variable or volume of the
  downward API, or with a selector of their affinity or spread constraints,
* those that the keys ` + "`templateLabels` and `templateAnnotations`" + ` of the section
  [deploy](#deploy) name:

` + "```json" + `
{"defaultDeploymentMode": "RawDeployment", "templateLabels": ["team", "example.com/*"], "templateAnnotations": []}
` + "```" + `

Name there, or write on the component, what only your cluster reads on pods: labels by
which costs are shared out, by which a NetworkPolicy, a Service object or a PodMonitor of
your own selects pods, or a router in its arguments. ` + "`[\"*\"]`" + ` for both is what OME does.

A key that ends with a slash stands for every key of the domain and of domains below it,
one that ends with a dot for every key that begins with it.

`

// TestConfigurationPageIsCurrent keeps docs/configuration.md in step with the
// comments, types and defaults in the code; -update writes it.
func TestConfigurationPageIsCurrent(t *testing.T) {
	var page bytes.Buffer
	page.WriteString(configurationHead)
	for _, s := range configSections() {
		s.write(t, &page)
	}
	page.WriteString(configurationKeys)
	heads, blocks := keyBlocks(t)
	for i, block := range blocks {
		title, rest, _ := strings.Cut(heads[i], ".")
		fmt.Fprintf(&page, "### %s\n\n", title)
		if rest != "" {
			page.WriteString(strings.TrimSpace(rest) + "\n\n")
		}
		writeKeys(&page, block)
	}
	page.WriteString(configurationPodKeys)
	writePodKeys(&page)
	requirePage(t, "../docs/configuration.md", append(bytes.TrimRight(page.Bytes(), "\n"), '\n'))
}

// writePodKeys writes the table of the keys that pods have.
func writePodKeys(page *bytes.Buffer) {
	page.WriteString("| key | of | only in mode | read by |\n|---|---|---|---|\n")
	for _, row := range modes.PodKeys() {
		of := string(row.In)
		if row.In == modes.LabelsAndAnnotations {
			of = "labels and annotations"
		}
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", row.Key, of, row.OnlyIn, row.ReadBy)
	}
}

// writeKeys writes a table without the columns that no row fills.
func writeKeys(page *bytes.Buffer, block []key) {
	defaults, unlike := false, false
	for _, k := range block {
		defaults, unlike = defaults || k.fallback != "", unlike || k.unlike != ""
	}
	row := func(name, effect, fallback, other string) {
		page.WriteString("| " + name + " | " + effect + " |")
		if defaults {
			page.WriteString(" " + fallback + " |")
		}
		if unlike {
			page.WriteString(" " + other + " |")
		}
		page.WriteString("\n")
	}
	row("key", "effect", "default", "unlike OME")
	row("---", "---", "---", "---")
	for _, k := range block {
		row("`"+k.name+"`", k.effect, k.fallback, k.unlike)
	}
	page.WriteString("\n")
}
