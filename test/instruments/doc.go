// Package instruments tests the questionnaires under config/instruments as they ship: that each file says
// what its form's publication says, and that the answers to it are scored as a person with the manual and a
// pencil would score them.
package instruments
