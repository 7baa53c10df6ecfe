/** What a deployment declares of what the edge holds its clients and instances to; none: what is usual. */
export const trafficLimits = `
ALTER TABLE deployment ADD COLUMN traffic_limits TEXT;
`;
