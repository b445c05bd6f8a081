# Completes the command line of `service`: its commands, the services, the options. A unit test compares the words with the
# table of the commands.

_service() {
	local word=${COMP_WORDS[COMP_CWORD]} command= index names
	for ((index = 1; index < COMP_CWORD; index++)); do
		case ${COMP_WORDS[index]} in -*) ;; *) command=${COMP_WORDS[index]} && break ;; esac
	done
	names='service list 2>/dev/null | awk "NR > 1 { print \$1 }"'
	case $command in
		'') COMPREPLY=($(compgen -W 'list status stats top metrics start stop restart reload wait events boot pid1 shutdown logs exec run tar help --json --help' -- "$word")) ;;
		stats) COMPREPLY=($(compgen -W '--json' -- "$word")) ;;
		list) COMPREPLY=($(compgen -W '--all --json' -- "$word")) ;;
		status | start | stop | restart) COMPREPLY=($(compgen -W "--json $(eval "$names")" -- "$word")) ;;
		reload) COMPREPLY=($(compgen -W "--json --signal $(eval "$names")" -- "$word")) ;;
		wait) COMPREPLY=($(compgen -W "--for --json --timeout ready running stopped $(eval "$names")" -- "$word")) ;;
		logs) COMPREPLY=($(compgen -W "--follow --json --lines --since init $(eval "$names")" -- "$word")) ;;
		exec) COMPREPLY=($(compgen -W "$(eval "$names")" -- "$word")) ;;
		run)
			case ${COMP_WORDS[COMP_CWORD - 1]} in
				--net) COMPREPLY=($(compgen -W "none host $(eval "$names")" -- "$word")) ;;
				--pid) COMPREPLY=($(compgen -W "$(eval "$names")" -- "$word")) ;;
				*) COMPREPLY=($(compgen -W '--name --memory --cpus --pids --net --pid --volume --rw --rm --cap-add --user --env --workdir --tty --no-tty' -- "$word") $(compgen -f -- "$word")) ;;
			esac ;;
		tar) COMPREPLY=($(compgen -W "--create --extract --follow-link --archive --contents --into $(eval "$names")" -- "$word")) ;;
		events) COMPREPLY=($(compgen -W '--follow --json' -- "$word")) ;;
		pid1) COMPREPLY=($(compgen -W '--collect --json' -- "$word")) ;;
		shutdown) COMPREPLY=($(compgen -W 'poweroff reboot halt' -- "$word")) ;;
	esac
}
complete -F _service service
