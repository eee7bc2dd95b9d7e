package store

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// maxBatch bounds how many callers share a transaction, and with it how long the first of them waits for the last.
const maxBatch = 256

// writer is the one goroutine that writes. Callers queue their work; it takes all there is, carries it out in one
// transaction and answers after COMMIT. There is no timer: whoever arrives while a transaction runs is in the next one.
type writer struct {
	tx tx

	before, after func(name string)
	onTrouble     func(error)

	mu     sync.Mutex
	queue  []*work
	closed bool
	wake   chan struct{} // holds a token while queue is not empty or closed is set

	done    chan struct{}
	trouble atomic.Pointer[error]     // why the last transaction failed; nil if it didn't
	wroteAt atomic.Pointer[time.Time] // when COMMIT last succeeded
}

// work is one caller's part of a transaction.
type work struct {
	name  string
	run   func(*tx) error // may run again after a rollback: must not keep anything of the first run
	state atomic.Int32    // one of the work states
	err   error
	done  chan struct{} // has a token when err is final
}

const (
	workQueued    int32 = iota
	workTaken           // will be answered
	workWithdrawn       // its caller has gone
)

func newWriter(c *conn, opts Options) (*writer, error) {
	w := &writer{
		tx: tx{conn: c}, before: opts.BeforeCommit, after: opts.AfterCommit, onTrouble: opts.OnTrouble,
		wake: make(chan struct{}, 1), done: make(chan struct{}),
	}
	if err := w.tx.begin(); err != nil { // now rather than at the first write: is it writable at all?
		return nil, errors.Join(err, w.tx.close())
	}
	w.tx.rollback()
	go w.loop()
	return w, nil
}

// write carries out run in a durable transaction. Cancelling ctx takes queued work back; work that the writer has already
// taken is waited for, so that the answer is always the truth.
func (w *writer) write(ctx context.Context, name string, run func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	j := workPool.Get().(*work)
	j.name, j.run, j.err = name, run, nil
	j.state.Store(workQueued)
	if err := w.enqueue(j); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-ctx.Done():
		if j.state.CompareAndSwap(workQueued, workWithdrawn) {
			return ctx.Err() // the writer still holds j: it must not be used again
		}
		<-j.done
	}
	err := j.err
	j.run, j.err = nil, nil
	workPool.Put(j)
	return err
}

var workPool = sync.Pool{New: func() any { return &work{done: make(chan struct{}, 1)} }}

func (w *writer) enqueue(j *work) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return ErrClosed
	}
	w.queue = append(w.queue, j)
	w.signal()
	return nil
}

func (w *writer) signal() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *writer) loop() {
	defer close(w.done)
	var batch []*work
	for {
		<-w.wake
		runtime.Gosched() // lets callers that the last COMMIT woke up queue their next work first
		for {
			var closed bool
			batch, closed = w.take(batch[:0])
			if len(batch) == 0 {
				if closed {
					return
				}
				break
			}
			w.commit(batch)
			clear(batch)
		}
	}
}

// take moves up to maxBatch pieces of work from the queue to batch.
func (w *writer) take(batch []*work) (_ []*work, closed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for n < len(w.queue) && len(batch) < maxBatch {
		j := w.queue[n]
		n++
		if j.state.CompareAndSwap(workQueued, workTaken) {
			batch = append(batch, j)
		}
	}
	w.queue = slices.Delete(w.queue, 0, n)
	return batch, w.closed
}

// commit carries out a batch and answers everybody in it.
func (w *writer) commit(batch []*work) {
	left := batch
	for {
		err := w.attempt(left)
		if failed, ok := errors.AsType[*brokenWork](err); ok {
			left = slices.DeleteFunc(slices.Clone(left), func(j *work) bool { return j == failed.work })
			if len(left) > 0 {
				continue // the others again, without it
			}
			err = nil
		}
		if err != nil || w.tx.written > 0 { // work that wrote nothing says nothing about the disk
			w.note(err)
		}
		for _, j := range left {
			if err != nil {
				j.err = err
			}
		}
		break
	}
	for _, j := range batch {
		j.done <- struct{}{}
	}
}

// brokenWork says that a piece of work failed after it had written something. Its neighbours are not to blame.
type brokenWork struct{ work *work }

func (b *brokenWork) Error() string { return b.work.err.Error() }

// attempt runs the batch in one transaction. Work that fails before it writes (a conflict) keeps its own error and the
// transaction goes on. An error means that nothing was written: brokenWork, or what keeps the store from writing.
func (w *writer) attempt(batch []*work) error {
	t := &w.tx
	if err := t.begin(); err != nil {
		return err
	}
	for _, j := range batch {
		wrote := t.written
		j.err = j.run(t)
		switch {
		case j.err == nil:
		case isTrouble(j.err):
			t.rollback()
			return j.err
		case t.written != wrote:
			t.rollback()
			return &brokenWork{j}
		}
	}
	if t.written == 0 {
		t.rollback()
		return nil
	}
	return w.finish(batch)
}

func (w *writer) finish(batch []*work) error {
	t := &w.tx
	if err := t.sealChain(); err != nil {
		t.rollback()
		return err
	}
	name := ""
	if w.before != nil || w.after != nil {
		name = batchName(batch)
	}
	if w.before != nil {
		w.before(name)
	}
	if err := t.commit(); err != nil {
		t.rollback()
		return err
	}
	now := time.Now()
	w.wroteAt.Store(&now)
	if w.after != nil {
		w.after(name)
	}
	return nil
}

func batchName(batch []*work) string {
	names := make([]string, len(batch))
	for i, j := range batch {
		names[i] = j.name
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), "+")
}

// note remembers whether writing works, and tells when that changes.
func (w *writer) note(err error) {
	was := w.trouble.Load()
	if err == nil {
		w.trouble.Store(nil)
	} else {
		w.trouble.Store(&err)
	}
	if w.onTrouble != nil && (was == nil) != (err == nil) {
		w.onTrouble(err)
	}
}

func (w *writer) close() error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return nil
	}
	w.closed = true
	w.signal()
	w.mu.Unlock()
	<-w.done
	return w.tx.close()
}
