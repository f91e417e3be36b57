// Package staff is what members of staff see and do: signing in with the district's
// identity provider, the worklist as pages and as JSON, the roster and the duty list.
//
// Nothing here decides who may see what. Every call passes the subject and the groups
// that the identity provider vouches for to a function of the database, which judges
// the scope, writes the audit entry and only then returns.
package staff
