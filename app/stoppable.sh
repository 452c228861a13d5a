# Run a command that Ctrl-C stops without a word of Python, at whatever moment: sh stoppable.sh STATUS COMMAND...
#
# Ctrl-C reaches this shell; what a shell starts in the background ignores it. The shell sends SIGTERM instead, of which
# Python dies silently while it starts, and after which the command stops in order once it has begun. Where it had not
# begun, the shell says that it stopped. A command that was stopped ends with STATUS.
status_if_stopped=$1
shift
trap 'asked=1; kill "$pid" 2>/dev/null' INT TERM HUP
"$@" &
pid=$!
test -z "$asked" || kill "$pid" 2>/dev/null

# A signal ends `wait` early; once the command has ended, another `wait` returns its status, or 127 where one has.
while wait "$pid" 2>/dev/null; status=$?; kill -0 "$pid" 2>/dev/null; do :; done
wait "$pid" 2>/dev/null
again=$?
test $again -eq 127 || status=$again

if test -n "$asked"; then
  case $status in
    129 | 143) echo "stopped; nothing was done yet" >&2 ;;  # of SIGHUP or SIGTERM, while it could not say so itself
  esac
  status=$status_if_stopped
  sleep 0.2  # make gets the signal too, and complains where its child ends before it has taken note
fi
exit $status
