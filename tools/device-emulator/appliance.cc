#include "tools/device-emulator/appliance.h"

#include <algorithm>
#include <cstdint>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/common/status/error.h"
#include "services/common/status/status_macros.h"

namespace u2fi::device {
namespace {

using nlohmann::json;

struct Argument {
  const char* name = nullptr;
  bool text = false;  // Otherwise a whole number.
  // Bounds of the number, or of the length in bytes.
  int64_t least = 0;
  int64_t most = 0;
};

struct Operation {
  const char* model;  // nullptr: all.
  const char* name;
  Argument arguments[3];  // Up to the first without a name.
  // Changes the state; gives the answer, or null if it cannot be done now.
  json (*act)(json& state, const json& arguments);
};

json Set(json& state, const char* key, const json& value) {
  state[key] = value;
  return {{key, value}};
}

json Snapshot(json& state, const json&) {
  if (state.value("power", "off") != "on") return nullptr;
  return Set(state, "pictures", state.value("pictures", 0) + 1);
}

json Pay(json& state, const json& arguments) {
  const int64_t amount = arguments["amount_cents"];
  state["paid_cents"] = state.value("paid_cents", int64_t{0}) + amount;
  return {{"amount_cents", amount}, {"payee", arguments["payee"]}};
}

template <const char* kKey, const char* kValue>
json Put(json& state, const json&) {
  return Set(state, kKey, kValue);
}

template <const char* kKey, const char* kArgument>
json Take(json& state, const json& arguments) {
  return Set(state, kKey, arguments[kArgument]);
}

json Identify(json&, const json&) { return {{"blinked", true}}; }

json Configure(json& state, const json& arguments) {
  return Set(state, "last_setting", arguments);
}

constexpr char kPower[] = "power";
constexpr char kOn[] = "on";
constexpr char kOff[] = "off";
constexpr char kBolt[] = "bolt";
constexpr char kLocked[] = "locked";
constexpr char kUnlocked[] = "unlocked";
constexpr char kBrightness[] = "brightness";
constexpr char kFirmware[] = "firmware";
constexpr char kVersion[] = "version";

constexpr Operation kOperations[] = {
    {"camera", "camera.on", {}, Put<kPower, kOn>},
    {"camera", "camera.off", {}, Put<kPower, kOff>},
    {"camera", "camera.snapshot", {}, Snapshot},
    {"bulb", "bulb.on", {}, Put<kPower, kOn>},
    {"bulb", "bulb.off", {}, Put<kPower, kOff>},
    {"bulb",
     "bulb.set",
     {{kBrightness, false, 0, 100}},
     Take<kBrightness, kBrightness>},
    {"lock", "lock.lock", {}, Put<kBolt, kLocked>},
    {"lock", "lock.unlock", {}, Put<kBolt, kUnlocked>},
    {"terminal",
     "pay",
     {{"amount_cents", false, 1, 1'000'000'000},
      {"currency", true, 3, 3},
      {"payee", true, 1, 64}},
     Pay},
    {nullptr, "device.identify", {}, Identify},
    {nullptr,
     "settings.set",
     {{"name", true, 1, 32}, {"value", true, 0, 64}},
     Configure},
    {nullptr,
     "firmware.update",
     {{kVersion, true, 1, 32}},
     Take<kFirmware, kVersion>},
};

const Operation* Find(absl::string_view model, absl::string_view name) {
  for (const Operation& operation : kOperations) {
    if (name == operation.name &&
        (operation.model == nullptr || model == operation.model)) {
      return &operation;
    }
  }
  return nullptr;
}

absl::Status BadArguments(absl::string_view problem) {
  return Error(reason::kArgumentsFormat, absl::StrCat("arguments ", problem),
               {{"field", "arguments"}});
}

// One flat object; no name twice, since a reader of the prompt could take the
// first value and the device the last.
absl::StatusOr<json> ParseFlat(absl::string_view text) {
  std::set<std::string> names;
  bool flat = true;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::key) {
      flat = flat && names.insert(value.get<std::string>()).second;
    }
    return flat = flat && depth <= 1;
  };
  json parsed = json::parse(text.empty() ? "{}" : text, watch,
                            /*allow_exceptions=*/false);
  if (!flat || !parsed.is_object()) return BadArguments("are no flat object");
  return parsed;
}

bool Fits(const Argument& argument, const json& value) {
  if (argument.text) {
    if (!value.is_string()) return false;
    const auto size =
        static_cast<int64_t>(value.get_ref<const std::string&>().size());
    return argument.least <= size && size <= argument.most;
  }
  // An unsigned number beyond the signed range would turn negative.
  if (!value.is_number_integer() || value > INT64_MAX) return false;
  const int64_t number = value.get<int64_t>();
  return argument.least <= number && number <= argument.most;
}

}  // namespace

std::vector<std::string> Appliance::Models() {
  return {"camera", "bulb", "lock", "terminal"};
}

absl::StatusOr<Appliance> Appliance::Create(absl::string_view model) {
  const std::vector<std::string> models = Models();
  if (std::find(models.begin(), models.end(), model) == models.end()) {
    return FieldError("model",
                      absl::StrCat("is none of ", absl::StrJoin(models, ", ")));
  }
  return Appliance(model);
}

std::vector<std::string> Appliance::operations() const {
  std::vector<std::string> names;
  for (const Operation& operation : kOperations) {
    if (Find(model_, operation.name) == &operation) {
      names.push_back(operation.name);
    }
  }
  return names;
}

absl::Status Appliance::Check(absl::string_view operation,
                              absl::string_view arguments) const {
  const Operation* row = Find(model_, operation);
  if (row == nullptr) {
    return Error(reason::kOperationUnknown,
                 absl::StrCat("a ", model_, " cannot ", operation),
                 {{"operation", std::string(operation)}});
  }
  ASSIGN_OR_RETURN(const json given, ParseFlat(arguments));
  size_t wanted = 0;
  for (const Argument& argument : row->arguments) {
    if (argument.name == nullptr) break;
    ++wanted;
    const auto found = given.find(argument.name);
    if (found == given.end() || !Fits(argument, *found)) {
      return BadArguments(absl::StrCat("have no good ", argument.name));
    }
  }
  if (given.size() == wanted) return absl::OkStatus();
  return BadArguments("are too many");
}

absl::StatusOr<std::string> Appliance::Execute(absl::string_view operation,
                                               absl::string_view arguments) {
  RETURN_IF_ERROR(Check(operation, arguments));
  ASSIGN_OR_RETURN(const json given, ParseFlat(arguments));
  const json answer = Find(model_, operation)->act(state_, given);
  if (answer.is_null()) {
    return Error(reason::kDeviceState, "this cannot be done now");
  }
  return answer.dump(-1, ' ', /*ensure_ascii=*/true);
}

}  // namespace u2fi::device
