// The keyboard map: every key of this window and what it does. Runs in: manager window.

import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { type CommandContext, commandsOf } from './commands'

export function KeysDialog(props: { readonly context: CommandContext; readonly onClose: () => void }) {
  const { t } = useWords()
  const moves = [
    [t('keys.arrows'), t('keys.arrows-what')],
    [t('keys.shift'), t('keys.shift-what')],
    [t('keys.space'), t('keys.space-what')],
    [t('keys.sideways'), t('keys.sideways-what')],
    [t('keys.letters'), t('keys.letters-what')],
    [t('keys.menu'), t('keys.menu-what')],
    [t('key.with-ctrl', { key: 'K' }), t('command.palette')],
  ] as const
  const commands = commandsOf(props.context).flatMap(({ keys, label }) => (keys === undefined ? [] : [[keys, label] as const]))
  return (
    <Dialog
      title={t('command.keys')}
      width={520}
      onClose={props.onClose}
      onSubmit={props.onClose}
      buttons={
        <Button submit autoFocus>
          {t('button.close')}
        </Button>
      }
    >
      <dl className="keys-list" tabIndex={0} aria-label={t('command.keys')}>
        {[...moves, ...commands].map(([keys, what]) => (
          <div key={`${keys} ${what}`}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
