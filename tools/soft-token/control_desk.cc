#include "tools/soft-token/control_desk.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace u2fi::soft_token {
namespace {

// The commands that are whole lines.
struct Command {
  const char* line;
  void (*apply)(SoftToken& token);
};
constexpr Command kCommands[] = {
    {"touch", [](SoftToken& token) { token.Touch(); }},
    {"refuse",
     [](SoftToken& token) { token.SetTouchMode(TouchMode::kRefuse); }},
    {"auto on", [](SoftToken& token) { token.SetTouchMode(TouchMode::kAuto); }},
    {"auto off",
     [](SoftToken& token) { token.SetTouchMode(TouchMode::kManual); }},
    {"hold on", [](SoftToken& token) { token.SetHold(true); }},
    {"hold off", [](SoftToken& token) { token.SetHold(false); }},
    {"unplug", [](SoftToken& token) { token.Unplug(); }},
    {"plug", [](SoftToken& token) { token.Plug(); }},
};

}  // namespace

std::string ControlDesk::Execute(absl::string_view line) {
  if (line == "state") return absl::StrCat("ok ", State());
  if (Apply(line)) return "ok";
  return "error no such command; try: touch, refuse, auto on|off, hold on|off, "
         "fault NAME, unplug, plug, state";
}

bool ControlDesk::Apply(absl::string_view line) {
  for (const Command& command : kCommands) {
    if (line != command.line) continue;
    command.apply(token_);
    return true;
  }
  return absl::ConsumePrefix(&line, "fault ") && ApplyFault(line);
}

bool ControlDesk::ApplyFault(absl::string_view name) {
  const absl::optional<Fault> fault = FaultNamed(name);
  if (fault.has_value()) token_.SetFault(*fault);
  return fault.has_value();
}

std::string ControlDesk::State() const {
  return absl::StrCat("plugged=", token_.plugged() ? "yes" : "no",
                      " touch=", NameOf(token_.touch_mode()),
                      " wanted=", token_.touch_wanted() ? "yes" : "no",
                      " hold=", token_.hold() ? "on" : "off",
                      " fault=", NameOf(token_.fault()),
                      " counter=", token_.counter(), " pin=",
                      token_.has_pin() ? absl::StrCat(token_.pin_retries())
                                       : std::string("none"));
}

}  // namespace u2fi::soft_token
