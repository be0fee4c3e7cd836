package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
)

// watch waits until its input ends, which is when the test process ends or
// wants to stop, then kills every process group that was noted and removes the
// folder. It runs on its own, so that a killed test process leaves nothing.
const watch = `cat >/dev/null
for group in $(cat "$1/groups" 2>/dev/null); do kill -KILL "-$group" 2>/dev/null; done
rm -rf "$1" 2>/dev/null || { sleep 1; rm -rf "$1"; }`

// supervisor starts programs that end, with the folder they live in, no later
// than this process.
type supervisor struct {
	folder  string
	watcher *exec.Cmd
	input   io.Closer
	running []*process
}

// process is one started program.
type process struct {
	name    string
	log     string
	group   int
	ended   chan struct{}
	err     error
	stopped atomic.Bool
}

// stop ends the program and what it started.
func (p *process) stop() {
	p.stopped.Store(true)
	select {
	case <-p.ended:
	default:
		_ = syscall.Kill(-p.group, syscall.SIGKILL) // it may have ended by itself
		<-p.ended
	}
}

// supervise makes a folder and the watcher that removes it.
func supervise() (*supervisor, error) {
	folder, err := os.MkdirTemp("", "isvc-e2e-")
	if err != nil {
		return nil, fmt.Errorf("cannot make a folder for the cluster: %w", err)
	}
	watcher := exec.Command("sh", "-c", watch, "watch", folder)
	watcher.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	input, err := watcher.StdinPipe()
	if err == nil {
		err = watcher.Start()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("cannot watch over the cluster: %w", err), os.RemoveAll(folder))
	}
	return &supervisor{folder: folder, watcher: watcher, input: input}, nil
}

// start runs a program in a process group of its own with its output in a log.
func (s *supervisor) start(name, program string, args ...string) (*process, error) {
	logName := filepath.Join(s.folder, name+".log")
	log, err := os.Create(logName)
	if err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	defer log.Close()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr, cmd.Dir = log, log, s.folder
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	p := &process{name: name, log: logName, group: cmd.Process.Pid, ended: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.ended)
	}()
	s.running = append(s.running, p)
	return p, s.note(p.group)
}

// note tells the watcher of a process group.
func (s *supervisor) note(group int) error {
	file, err := os.OpenFile(filepath.Join(s.folder, "groups"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return fmt.Errorf("cannot note a process for the watcher: %w", err)
	}
	_, err = fmt.Fprintln(file, group)
	return errors.Join(err, file.Close())
}

// stop ends all programs and removes the folder.
func (s *supervisor) stop() error {
	return errors.Join(s.input.Close(), s.watcher.Wait())
}

// failed returns why a program that should run does not.
func (s *supervisor) failed() error {
	for _, p := range s.running {
		select {
		case <-p.ended:
			if p.stopped.Load() {
				continue
			}
			return fmt.Errorf("%s ended: %v\n%s", p.name, p.err, p.tail()) //nolint:errorlint // nil after exit status 0
		default:
		}
	}
	return nil
}

// tail is the end of the program's log.
func (p *process) tail() string {
	data, _ := os.ReadFile(p.log)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
