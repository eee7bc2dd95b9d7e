// Rejoin's program for the customer's PC. It needs no installation and no administrator's rights:
//
//	rejoin.exe [-server ADDRESS] [-code CODE] [-log FILE]
//
// starts or goes on with a session. Without flags the server and the code are read from the program's own name, as the
// server's download page gives it (see package launch); what is missing is asked for. Windows itself starts
//
//	rejoin.exe -resume
//
// at the next sign-in, as long as a session is under way.
package main
