package postgres

// CreateRoles is tested by itself: a database belongs to one district.
var CreateRoles = createRoles
