// Stands in for parts of dockerode that this product never uses.
module.exports = {};
