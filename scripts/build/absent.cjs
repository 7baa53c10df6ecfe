// Stands in for optional parts of dockerode that this product never uses.
module.exports = {};
