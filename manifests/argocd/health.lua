-- Health of an ome.io InferenceService for Argo CD. It goes into the ConfigMap
-- argocd-cm under the key resource.customizations.health.ome.io_InferenceService.
--
--   status is about an older generation, or absent   Progressing
--   Ready True, nothing is being rolled out          Healthy
--   Ready True, a new template is being rolled out   Progressing
--   Ready True, the new template fails               Degraded
--   somebody suspended a workload                    Suspended
--   Ready not True, the reason passes by itself      Progressing
--   Ready False for any other reason                 Degraded; the message begins with "still serves"
--                                                    where requests are answered as before, and
--                                                    with "down" where they are not
--
-- A service scaled to zero is Healthy: it starts with the next request.

-- Reasons of Ready that pass without anybody doing anything.
local passing = {
  ContainersNotReady = true,
  Deploying = true,
  GenerationNotObserved = true,
  GroupsNotReady = true,
  GroupsProgressing = true,
  GroupsUpdating = true,
  HeadPodNotFound = true,
  IngressNotCreated = true,
  Initializing = true,
  MinimumReplicasUnavailable = true,
  RayHeadNotReady = true,
  RayWorkersNotReady = true,
  RouteNotReported = true,
  UpdateNotApplied = true,
  WorkloadNotCreated = true,
  WorkloadTerminating = true,
}

-- Transitions of the model that do not go on without a change.
local blocked = {
  BlockedByFailedLoad = true,
  InvalidSpec = true,
}

local function health(status, message)
  return { status = status, message = message or "" }
end

-- said joins the reason and the message of a condition.
local function said(condition)
  local reason, message = condition.reason or "", condition.message or ""
  if reason ~= "" and message ~= "" then
    return reason .. ": " .. message
  end
  return reason .. message
end

local function find(conditions, kind)
  for _, condition in ipairs(conditions or {}) do
    if condition.type == kind then
      return condition
    end
  end
end

local function failure(model)
  local info = model.lastFailureInfo or {}
  if info.message then
    return info.message
  end
  return model.transitionStatus
end

-- served is the health of a service that answers requests.
local function served(model)
  if blocked[model.transitionStatus] then
    return health("Degraded", "an older version serves: " .. failure(model))
  end
  if model.transitionStatus == "InProgress" then
    return health("Progressing", "the model that serves is being replaced")
  end
  local states = model.modelRevisionStates or {}
  if states.activeModelState == "Standby" then
    return health("Healthy", "scaled to zero")
  end
  return health("Healthy", "the service is ready")
end

-- unserved is the health of a service that is not Ready.
local function unserved(ready, serving, model)
  local servesOrNot = ""
  if serving ~= nil then
    servesOrNot = serving.status == "True" and "still serves: " or "down: "
  end
  if ready.reason == "Suspended" then
    return health("Suspended", said(ready))
  end
  if blocked[model.transitionStatus] then
    return health("Degraded", servesOrNot .. said(ready))
  end
  if ready.status ~= "False" or passing[ready.reason or ""] then
    return health("Progressing", said(ready))
  end
  return health("Degraded", servesOrNot .. said(ready))
end

local status = obj.status or {}
local ready = find(status.conditions, "Ready")
local generation = obj.metadata and obj.metadata.generation

if ready == nil then
  return health("Progressing", "waiting for the first status")
end
if generation ~= nil and status.observedGeneration ~= generation then
  return health("Progressing", "waiting for the status of the newest generation")
end
local model = status.modelStatus or {}
if ready.status == "True" then
  return served(model)
end
return unserved(ready, find(status.conditions, "Serving"), model)
