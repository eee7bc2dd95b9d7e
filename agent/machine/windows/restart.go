package windows

// Windows' error codes that a restart may meet, with what they mean for whoever reads them.
// https://learn.microsoft.com/windows/win32/debug/system-error-codes--1000-1299-
var restartWords = map[uint32]string{
	5:    "Windows does not let this user restart the PC",                     // ERROR_ACCESS_DENIED
	21:   "Windows is not ready to restart",                                   // ERROR_NOT_READY
	1115: "a restart or shutdown is already in progress",                      // ERROR_SHUTDOWN_IN_PROGRESS
	1190: "a restart or shutdown is already scheduled",                        // ERROR_SHUTDOWN_IS_SCHEDULED
	1191: "other users are signed in, and Windows does not restart over them", // ERROR_SHUTDOWN_USERS_LOGGED_ON
	1314: "this user's rights do not include restarting the PC",               // ERROR_PRIVILEGE_NOT_HELD
}

// restartError is a restart that Windows refused.
type restartError struct {
	call string
	code uint32
	err  error
}

func (e *restartError) Error() string {
	if words, ok := restartWords[e.code]; ok {
		return words
	}
	return e.call + ": " + e.err.Error()
}

func (e *restartError) Unwrap() error { return e.err }
