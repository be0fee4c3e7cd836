package plan

// SurgeOfLeaderWorkerSet is a rule of LeaderWorkerSet that no service can show so far.
var SurgeOfLeaderWorkerSet = surgeOfLeaderWorkerSet
