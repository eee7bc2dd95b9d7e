package store

// tx is the transaction that the writer has open. It belongs to the writing goroutine.
type tx struct {
	*conn
	written int64 // rows changed in this transaction
	chain   chain
}

// exec runs a statement and tells how many rows it changed.
func (t *tx) exec(query string, args ...any) (int64, error) {
	n, err := t.conn.exec(query, args...)
	t.written += n
	return n, err
}

// begin opens the transaction and takes the write lock at once, so that what is read in it holds until COMMIT.
func (t *tx) begin() error {
	t.written, t.chain = 0, chain{}
	return t.control("BEGIN IMMEDIATE", "begin a transaction")
}

// commit returns when the log is on disk.
func (t *tx) commit() error { return t.control("COMMIT", "commit") }

// rollback undoes everything. It fails where SQLite has rolled back by itself (full disk), which is as good.
func (t *tx) rollback() {
	t.written = 0
	_ = t.control("ROLLBACK", "roll back")
}
