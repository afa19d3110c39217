#include "services/common/store/redis_info.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"
#include "services/common/store/errors.h"

namespace u2fi::store {
namespace {

std::string Field(const RedisInfo& info, const std::string& name) {
  const auto found = info.find(name);
  return found == info.end() ? "" : found->second;
}

int Number(absl::string_view text) {
  int number = 0;
  return absl::SimpleAtoi(text, &number) ? number : 0;
}

absl::Status CheckVersion(const RedisInfo& info) {
  // Valkey says the version of Redis whose commands it has, too.
  const std::string version = Field(info, "redis_version");
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(version, absl::MaxSplits('.', 1));
  if (Number(parts.first) >= 7) return absl::OkStatus();
  return Error(reason::kStoreMisconfigured,
               absl::StrCat("the server is Redis '", version,
                            "'; 7.0 or newer is needed"),
               {{"version", version}});
}

absl::Status CheckMemory(const RedisInfo& info) {
  const std::string policy = Field(info, "maxmemory_policy");
  if (policy == "noeviction") return absl::OkStatus();
  return Error(reason::kStoreMisconfigured,
               absl::StrCat("maxmemory-policy is '", policy,
                            "': a server that evicts keys forgets what was "
                            "acknowledged; set noeviction"),
               {{"policy", policy}});
}

absl::Status CheckRole(const RedisInfo& info) {
  if (Field(info, "loading") == "1") return Unavailable("it loads its data");
  if (Field(info, "role") == "master") return absl::OkStatus();
  return Unavailable("it is not the master");
}

}  // namespace

RedisInfo ParseInfo(absl::string_view text) {
  RedisInfo info;
  for (absl::string_view line : absl::StrSplit(text, "\r\n")) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (!field.second.empty()) info[field.first] = field.second;
  }
  return info;
}

absl::Status CheckServer(const RedisInfo& info) {
  RETURN_IF_ERROR(CheckVersion(info));
  RETURN_IF_ERROR(CheckMemory(info));
  return CheckRole(info);
}

absl::Status CheckPersistence(const RedisInfo& info,
                              absl::string_view appendfsync,
                              Persistence least) {
  if (least != Persistence::kNone && Field(info, "aof_enabled") != "1") {
    return Error(reason::kStoreMisconfigured,
                 "the server has no append-only file (set appendonly yes, or "
                 "allow_no_persistence for a demonstration)");
  }
  if (least == Persistence::kAlways && appendfsync != "always") {
    return Error(reason::kStoreMisconfigured,
                 appendfsync.empty()
                     ? "the server's appendfsync cannot be read (give the user "
                       "+config|get, or allow_everysec to risk writes)"
                     : "the server's appendfsync is not always (set it, or "
                       "allow_everysec to risk the last second)");
  }
  return absl::OkStatus();
}

std::vector<std::string> WarningsAbout(const RedisInfo& info,
                                       absl::string_view appendfsync,
                                       int replicas) {
  std::vector<std::string> warnings;
  if (Field(info, "aof_enabled") != "1") {
    warnings.push_back(
        "PERSISTENCE IS OFF (appendonly no): a crash of the server loses "
        "acknowledged writes");
  } else if (appendfsync.empty()) {
    warnings.push_back(
        "appendfsync cannot be read (no right to CONFIG GET): whether DURABLE "
        "commits are on disk is not known");
  } else if (appendfsync != "always") {
    warnings.push_back(absl::StrCat(
        "appendfsync is ", appendfsync,
        ": a crash of the machine can lose a second or more of acknowledged "
        "writes"));
  }
  const int present = Number(Field(info, "connected_slaves"));
  if (present < replicas) {
    warnings.push_back(absl::StrCat(
        "only ", present, " of ", replicas,
        " replicas are connected: REPLICATED commits end as unknown"));
  }
  if (present > 0 && replicas == 0) {
    warnings.push_back(
        "the server has replicas, but REPLICATED commits do not wait for any: "
        "a failover can lose them");
  }
  return warnings;
}

}  // namespace u2fi::store
