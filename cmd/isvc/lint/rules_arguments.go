package lint

import (
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/isvc-io/isvc/sync/compose/args"
)

// The spellings of flags of servers that the rules know.
var (
	portFlags = []string{"--port"}
	// repeatable are flags that servers accept several times.
	repeatable = []string{"--lora-paths", "--lora-path", "--lora-modules", "--lora", "--middleware", "--env", "--set", "--include", "--exclude"}
)

// flagsOfServer returns the flags in the command and in the arguments of a server.
func flagsOfServer(c *corev1.Container) []args.Flag {
	return args.Flags(slices.Concat(args.ServingCommand(c.Command), args.ServingCommand(c.Args)))
}

func duplicateFlag(s *subject, found report) {
	for _, c := range s.mainContainers() {
		list := flagsOfServer(c.Container)
		for _, f := range list {
			if f.Uses > 1 && strings.HasPrefix(f.Key, "--") && !slices.Contains(repeatable, f.Key) {
				found(c.workload.objectName(), c.field+".args", "%s is given %d times: keep one", f.Key, f.Uses)
			}
		}
		for _, spellings := range [][]string{args.TensorParallelFlags, args.PipelineParallelFlags, args.DataParallelFlags} {
			if used := flagsSpelled(list, spellings); len(used) > 1 {
				found(c.workload.objectName(), c.field+".args", "%s say the same: keep one", strings.Join(used, " and "))
			}
		}
	}
}

// flagsSpelled returns the flags of a list that are in a list of spellings.
func flagsSpelled(list []args.Flag, spellings []string) []string {
	var used []string
	for _, f := range list {
		if slices.Contains(spellings, f.Key) {
			used = append(used, f.Key)
		}
	}
	return used
}

// flagNumber is the value of a flag, or of the variable that the flag refers to; 0 when it is not
// known.
func flagNumber(c *corev1.Container, spellings []string) int64 {
	for _, f := range flagsOfServer(c) {
		if !slices.Contains(spellings, f.Key) {
			continue
		}
		text := strings.Trim(strings.TrimPrefix(f.Text, f.Key), "= \t\"'")
		if name, is := strings.CutPrefix(text, "$("); is {
			text = literalValue(c.Env, strings.TrimSuffix(name, ")"))
		}
		n, err := strconv.ParseInt(text, 10, 32)
		if err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// literalValue is the value of a variable, empty when it is not in the manifest.
func literalValue(env []corev1.EnvVar, name string) string {
	for i := range env {
		if env[i].Name == name {
			return env[i].Value
		}
	}
	return ""
}

// tensorSize is the tensor parallel size of a server; 0 when it is not known.
func tensorSize(c *corev1.Container) int64 { return flagNumber(c, args.TensorParallelFlags) }

func parallelismExceedsAccelerators(s *subject, found report) {
	for _, c := range s.acceleratedContainers() {
		tensor, pipeline := max(1, tensorSize(c.Container)), max(1, flagNumber(c.Container, args.PipelineParallelFlags))
		if has := s.acceleratorsOfReplica(c.workload); tensor*pipeline > has.count && !has.isUncounted {
			found(c.workload.objectName(), c.field+".args",
				"the server is to be split over %d accelerators (tensor %d x pipeline %d), but one replica asks for %d: make the numbers agree",
				tensor*pipeline, tensor, pipeline, has.count)
		}
	}
}

func portMismatch(s *subject, found report) {
	for _, c := range s.acceleratedContainers() {
		port := flagNumber(c.Container, portFlags)
		listens := func(p corev1.ContainerPort) bool { return int64(p.ContainerPort) == port }
		if port > 0 && len(c.Ports) > 0 && !slices.ContainsFunc(c.Ports, listens) {
			found(c.workload.objectName(), c.field+".ports", "the server listens on port %d by its arguments, but the container's first port is %d: write the same number in both",
				port, c.Ports[0].ContainerPort)
		}
	}
}
